import { z } from 'zod'
import { LooseBoolean, Text, UserReply } from '../../http/schemas.ts'
import { ImportedUser } from './imported-user.ts'

/** Bytes as numbers by their place, which is what JSON makes of a `Uint8Array`; Node.js writes a `Buffer` in its own way. */
const byte = z.int().min(0).max(255)
const NumberedBytes = z.record(z.string(), byte)
const NodeBuffer = z.object({ type: z.literal('Buffer'), data: z.array(byte) })

/** A file in a body: base64 by Go, whatever the caller has by Node.js (`protocol/core.md` 7.7). What is no base64 is taken for the file itself. */
export const FileContent = z
  .union([z.string(), NodeBuffer, NumberedBytes])
  .transform((value): Uint8Array => {
    if (typeof value === 'string') return base64.test(value) ? Buffer.from(value, 'base64') : Buffer.from(value)
    return Buffer.from(Array.isArray(value.data) ? value.data : Object.values(value as z.output<typeof NumberedBytes>))
  })
  .meta({ description: 'A file, in base64 or as text.' })

const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/

export const ImportBody = z.object({
  source: Text(64).meta({
    description: 'Format of the file: `postern`, `descope`, `auth0`, `firebase`, `keycloak`, `supabase`, `cognito` or `csv`.',
  }),
  users: FileContent.optional().meta({ description: 'Users, at most 10 000. Without them `hashes` is taken for the users.' }),
  hashes: FileContent.optional().meta({
    description: 'Hashes that the other system gave out in a file of their own (Auth0), or the hash parameters of the project (Firebase).',
  }),
  dryrun: LooseBoolean.optional().meta({ description: 'Check everything and write nothing.' }),
  createMissing: LooseBoolean.optional().meta({ description: 'Make roles and tenants that are named and not there.' }),
  dropBadHashes: LooseBoolean.optional().meta({ description: 'Take users whose hash is of no use without it.' }),
})

export const ImportReply = z.object({
  users: z.array(UserReply).meta({ description: 'Users who came in, or would have.' }),
  failures: z.array(z.object({ user: z.string(), reason: z.string() })),
  imported: z.int(),
  existing: z.int().meta({ description: 'Users of whom a login ID was here already; they were left alone.' }),
})

export const ExportBody = z.object({
  after: Text(128).optional().meta({ description: '`next` of the page before.' }),
  limit: z.int().min(1).max(200).default(100),
  withHashes: LooseBoolean.optional().meta({ description: 'With the hashes of passwords, for keys with the right `hashExport`.' }),
})

export const ExportReply = z.object({
  users: z.array(ImportedUser.meta({ id: 'ExportedUser', description: 'A user as a line of the export has it (docs/moving/postern.md).' })),
  next: z.string().optional().meta({ description: 'For the next page; absent on the last.' }),
})
