import { Command } from 'commander'
import { commandInProject, type Flags, print } from './context.ts'
import { withProject } from './installation.ts'
import { managementKeysCommand } from './management-keys.ts'

/** `postern keys list | rotate`: the signing keys of a project; `postern keys management …`: its management keys. */
export function keysCommand(): Command {
  const list = commandInProject('list', 'signing keys in the key set, newest first').action((flags: Flags) =>
    withProject(flags, async ({ auth, projectId }) => {
      const keys = await auth.api.listSigningKeys({ projectId })
      const line = (key: (typeof keys)[number]) =>
        `${key.id}  ${key.algorithm}  active from ${timeOf(key.activeAt)}${key.isSigning ? '  signing' : ''}`
      print(flags, { keys }, keys.map(line))
    }),
  )
  const rotate = commandInProject('rotate', 'add a signing key; it is published now and signs in ten minutes')
    .option('--emergency', 'sign with it at once and revoke the others: every session of the project ends')
    .action((flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const isEmergency = flags.emergency === true
        const key = await auth.api.rotateSigningKey({ projectId, isEmergency })
        const advice = isEmergency ? ['Long-lived Node.js processes with the official SDK trust the old keys until they restart.'] : []
        print(flags, key, [`${key.kid} signs from ${timeOf(key.activeAt)} on`, ...advice])
      }),
    )
  return new Command('keys')
    .description('signing keys, and management keys')
    .addCommand(list)
    .addCommand(rotate)
    .addCommand(managementKeysCommand())
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
