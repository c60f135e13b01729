import { z } from 'zod'
import { route } from '../../http/route.ts'
import { importedPasswords } from './imported.ts'

const Counts = { imported: z.int(), rehashed: z.int(), left: z.int() }

const ImportedReply = z
  .object({ ...Counts, hashes: z.array(z.object({ origin: z.string(), ...Counts })) })
  .meta({ id: 'ImportedPasswords', description: 'Passwords that came with a hash of another system, in all and by its scheme.' })

export const importedRoutes = [
  route({
    method: 'GET',
    path: '/v1/mgmt/password/hashes',
    access: 'management',
    summary: 'How many imported passwords are hashed anew, and how many are left (ours)',
    reply: ImportedReply,
    errors: [],
    run: async ({ deps, caller: { project } }) => {
      const hashes = await importedPasswords(deps, { projectId: project.id })
      const sum = (name: 'imported' | 'rehashed' | 'left') => hashes.reduce((total, one) => total + one[name], 0)
      return { imported: sum('imported'), rehashed: sum('rehashed'), left: sum('left'), hashes: [...hashes] }
    },
  }),
]
