import type { Command } from 'commander'
import { commandInProject, type Flags, print } from './context.ts'
import { withProject } from './installation.ts'
import { openOutput } from './output-file.ts'
import { startProgress } from './progress.ts'

/** `postern export FILE`: every user, in the form that `import --from postern` reads (docs/moving/postern.md). */
export function exportCommand(): Command {
  return commandInProject('export', 'write every user and what users refer to as JSON lines, in one state, while the server runs')
    .argument('<file>', 'file to write, for the owner to read; - is standard output')
    .option('--with-hashes', 'with the hashes of passwords: keep such a file as you keep the database')
    .option('--force', 'replace the file if it is there')
    .option('--progress', 'show progress although this is no terminal')
    .action((file: string, flags: Flags) =>
      withProject(flags, async ({ auth, projectId }) => {
        const target = await openOutput(file, { mayReplace: flags.force === true })
        const progress = startProgress(flags.progress === true)
        try {
          const { users } = await auth.api.exportUsers({
            ...{ projectId, withHashes: flags.withHashes === true, write: target.write },
            onProgress: (written, all) => progress.tell(written, all > 0 ? written / all : 1),
          })
          await target.finish()
          progress.end()
          if (file !== '-') print(flags, { users, file }, [`${users} users are in ${file}`])
        } catch (error) {
          await target.undo()
          throw error
        }
      }),
    )
}
