import { Command } from 'commander'
import { chosenProject, commandWithOptions, print, withAuth } from './context.ts'

/** `postern keys list | rotate`: the signing keys of a project. */
export function keysCommand(): Command {
  const list = commandWithOptions('list', 'signing keys in the key set, newest first')
    .option('--project <id>', 'project, if there are several')
    .action((flags: Record<string, unknown>) =>
      withAuth(flags, async (auth) => {
        const keys = await auth.api.listSigningKeys({ projectId: await chosenProject(auth, flags) })
        const line = (key: (typeof keys)[number]) =>
          `${key.id}  ${key.algorithm}  active from ${new Date(key.activeAt * 1000).toISOString()}${key.isSigning ? '  signing' : ''}`
        print(flags, { keys }, keys.map(line))
      }),
    )
  const rotate = commandWithOptions('rotate', 'add a signing key; it is published now and signs in ten minutes')
    .option('--project <id>', 'project, if there are several')
    .option('--emergency', 'sign with it at once and revoke the others: every session of the project ends')
    .action((flags: Record<string, unknown>) =>
      withAuth(flags, async (auth) => {
        const isEmergency = flags.emergency === true
        const key = await auth.api.rotateSigningKey({ projectId: await chosenProject(auth, flags), isEmergency })
        const advice = isEmergency ? ['Long-lived Node.js processes with the official SDK trust the old keys until they restart.'] : []
        print(flags, key, [`${key.kid} signs from ${new Date(key.activeAt * 1000).toISOString()} on`, ...advice])
      }),
    )
  return new Command('keys').description('signing keys').addCommand(list).addCommand(rotate)
}
