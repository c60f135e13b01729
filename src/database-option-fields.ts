import { z } from 'zod'
import { facts } from './option-facts.ts'
import { poolers, tlsModes } from './storage/postgres-url.ts'

/** Options of the connection to PostgreSQL, part of `option-fields.ts`. The embedded database looks at none of them. */

const File = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[^\0]*$/)
  .optional()

const milliseconds = (given: { readonly min: number; readonly max: number; readonly default: number; readonly description: string }) =>
  z
    .int()
    .min(given.min)
    .max(given.max)
    .default(given.default)
    .meta(
      facts({
        description: `PostgreSQL: ${given.description}, in milliseconds, ${given.min} to ${given.max}.`,
        remedy: `Give a whole number from ${given.min} to ${given.max}.`,
        form: 'json',
      }),
    )

const pem = (what: string) => File.meta(facts({ description: `PostgreSQL: ${what} (PEM).`, remedy: 'Give the path of a file.' }))

export const databaseOptionFields = {
  databasePoolSize: z
    .int()
    .min(1)
    .max(200)
    .default(10)
    .meta(
      facts({
        description: 'PostgreSQL: connections of this process, 1 to 200; one more listens for changes.',
        remedy: 'Give a whole number from 1 to 200.',
        form: 'json',
      }),
    ),
  databaseConnectMilliseconds: milliseconds({
    min: 100,
    max: 10_000,
    default: 2_000,
    description: 'longest wait for a connection, be it a new one or one that others use',
  }),
  databaseDeadlineMilliseconds: milliseconds({
    min: 500,
    max: 60_000,
    default: 2_800,
    description: 'longest time for a statement or a transaction, its wait for a connection included',
  }),
  databaseLockMilliseconds: milliseconds({
    min: 100,
    max: 60_000,
    default: 2_000,
    description: 'longest wait for a lock that another transaction has; less than the deadline',
  }),
  databaseIdleTransactionMilliseconds: milliseconds({
    min: 1_000,
    max: 300_000,
    default: 5_600,
    description: 'time after which the server ends a transaction whose process says nothing; no less than the deadline',
  }),
  databaseTlsMode: z
    .enum(tlsModes)
    .optional()
    .meta(
      facts({
        description:
          'PostgreSQL: `verify-full` (TLS with the server that the URL names, and nobody else), `require` (the same), `verify-ca` (any name that the CA vouches for), `no-verify` (TLS with anybody), or `disable`. None of them goes on without what it says. Default: `sslmode` in the URL, else `disable`.',
        remedy: `Give ${tlsModes.join(', ')}.`,
      }),
    ),
  databaseTlsCaFile: pem('certificates of the authorities that may vouch for the server; default: those of the runtime'),
  databaseTlsCertFile: pem('certificate by which this program proves itself to the server'),
  databaseTlsKeyFile: pem('private key of that certificate'),
  databasePooler: z
    .enum(poolers)
    .default('none')
    .meta(
      facts({
        description:
          'PostgreSQL: `transaction` when a pooler is in between that gives each transaction another connection, as PgBouncer in transaction mode does: no named statements, no listening for changes, and time-outs set anew in each transaction.',
        remedy: `Give ${poolers.join(' or ')}.`,
      }),
    ),
  allowAsynchronousCommit: z
    .boolean()
    .default(false)
    .meta(
      facts({
        description:
          'PostgreSQL: start even where `synchronous_commit` is off, so that a crash of the database loses the last writes that were acknowledged.',
        remedy: 'Give true or false.',
        form: 'json',
      }),
    ),
} as const
