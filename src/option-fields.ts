import { isIP } from 'node:net'
import { z } from 'zod'
import { defaultHashParameters, isStrongEnough } from './core/password/hash-cost.ts'
import { databaseOptionFields } from './database-option-fields.ts'
import { deliveryOptionFields } from './delivery-option-fields.ts'
import { type FieldFacts, facts } from './option-facts.ts'

/** The schema of the options, which also makes `docs/options.md`. */

const limit = (max: number, perSeconds: number, description: string) =>
  z
    .strictObject({ max: z.int().min(0).max(1_000_000), perSeconds: z.int().min(1).max(31_536_000) })
    .default({ max, perSeconds })
    .meta(
      facts({
        description: `${description} Tries in seconds; 0 tries switch it off.`,
        remedy: `Give tries and seconds: \`${max}/${perSeconds}\`, or \`{ "max": ${max}, "perSeconds": ${perSeconds} }\` in the file.`,
        form: 'limit',
      }),
    )

const Limits = z.strictObject({
  accountSource: limit(10, 900, 'Evaluated failures per account and source address (BF-02).'),
  accountFailures: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(100)
    .meta(
      facts({
        description:
          'Consecutive failures per account until only a reset or an administrator helps (BF-01), half as many at codes to the mailbox and to the phone each (BF-07); 0 switches it off.',
        remedy: 'Give a whole number, for example 100.',
        form: 'json',
      }),
    ),
  sourceFailures: limit(30, 300, 'Failures per source address (BF-04).'),
  sourceAccounts: limit(20, 600, 'Different accounts that failed, per source address (BF-04).'),
  sourceSignUps: limit(10, 3600, 'Sign-ups of taken login IDs per source address (EN-04).'),
  recipientMessages: limit(3, 900, 'Messages per recipient (BF-09).'),
  recipientMessagesDaily: limit(10, 86_400, 'Messages per recipient, long window (BF-09).'),
  sourceMessages: limit(20, 3600, 'Messages asked for per source address (BF-09).'),
  projectMails: limit(10_000, 3600, 'Mails of a project that users ask for; what is over it is dropped.'),
  projectTexts: limit(
    1_000,
    3600,
    'Text and spoken messages of a project that users ask for; what is over it is dropped. Each may cost money.',
  ),
})

const hashFloor = 'Give at least 19456 KiB with 2 iterations, or 47104 KiB with 1 (PW-01).'

const Hash = z
  .strictObject({
    memoryKib: z
      .int()
      .min(19_456)
      .max(262_144)
      .default(defaultHashParameters.memoryKib)
      .meta(facts({ description: 'Memory of a password hash (Argon2id), in KiB, 262144 at most.', remedy: hashFloor, form: 'json' })),
    iterations: z
      .int()
      .min(1)
      .max(10)
      .default(defaultHashParameters.iterations)
      .meta(facts({ description: 'Passes of a password hash, 10 at most.', remedy: hashFloor, form: 'json' })),
  })
  .refine(isStrongEnough, { path: ['memoryKib'] })

const Path = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[^\0]*$/)

/** Names in the file are these; `option-text.ts` says how flags and variables are called. */
export const OptionFields = z.strictObject({
  address: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9.:-]+$/)
    .default('127.0.0.1')
    .meta(facts({ description: 'Address to listen on.', remedy: 'Give an address or a name of this machine, for example 127.0.0.1.' })),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(8787)
    .meta(facts({ description: 'Port to listen on; 0 takes a free one.', remedy: 'Give a whole number from 0 to 65535.', form: 'json' })),
  workers: z
    .union([z.int().min(0).max(64), z.literal('auto')])
    .default(1)
    .transform((value) => (value === 'auto' ? 0 : value))
    .meta(
      facts({
        description: 'Processes that `serve` answers with, all on the one port; `auto` or 0 takes as many as there are cores.',
        remedy: 'Give auto, or a whole number from 0 to 64.',
        form: 'json',
      }),
    ),
  drainSeconds: z
    .int()
    .min(0)
    .max(15)
    .default(0)
    .meta(
      facts({
        description:
          'Seconds after `SIGTERM` in which `/readyz` says 503 while requests are still taken, so that a proxy in front sends them elsewhere and none is lost. They are part of the 25 that the end may take.',
        remedy: 'Give a whole number from 0 to 15, more than the proxy takes to notice.',
        form: 'json',
      }),
    ),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .refine((text) => isPlainUrl(text))
    .transform((text) => text.replace(/\/+$/, ''))
    .optional()
    .meta(
      facts({
        description: 'Where the world reaches this server; links in mails are built from it. Default: the address and port listened on.',
        remedy: 'Give an address like https://auth.example.com, without user, query or fragment.',
      }),
    ),
  data: Path.default('./data').meta(
    facts({ description: 'Folder of the embedded database and the key file.', remedy: 'Give the path of a folder.' }),
  ),
  database: z
    .string()
    .max(4096)
    .regex(/^(sqlite:[^\0]+|postgres(ql)?:\/\/\S+)$/)
    .refine((text) => text.startsWith('sqlite:') || URL.canParse(text))
    .optional()
    .meta(
      facts({
        description: '`sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME`. Default: `postern.db` in the data folder.',
        remedy: 'Give sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME, with special characters of the password percent-encoded.',
        isSecret: true,
      }),
    ),
  ...databaseOptionFields,
  masterKeyFile: Path.optional().meta(
    facts({
      description: 'File with the key that seals secrets. Default: `master.key` in the data folder.',
      remedy: 'Give the path of a file.',
    }),
  ),
  smtpUrl: z
    .url({ protocol: /^smtps?$/, hostname: /./ })
    .max(2048)
    .refine((text) => isDecodable(text))
    .optional()
    .meta(
      facts({
        description:
          '`smtp://USER:PASSWORD@HOST:587` (STARTTLS is demanded unless the host is this machine) or `smtps://…:465`. Without it, and without `mailWebhookUrl`, mails wait in the outbox.',
        remedy: 'Give smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465, with special characters percent-encoded.',
        isSecret: true,
      }),
    ),
  mailFrom: z
    .string()
    .max(320)
    .regex(/^(?:[^\p{C}<>@"]{1,64} <[^\s<>@"]+@[^\s<>@"]+>|[^\s<>@"]+@[^\s<>@"]+)$/u)
    .default('Postern <postern@localhost>')
    .meta(
      facts({
        description: 'Sender of mails, with or without a name. To be set together with `smtpUrl`; a webhook brings its own.',
        remedy: 'Give an address, or a name and an address: Example <auth@example.com>.',
      }),
    ),
  ...deliveryOptionFields,
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .meta(facts({ description: 'Least level that is logged.', remedy: 'Give debug, info, warn, error or silent.' })),
  trustedProxyHops: z
    .int()
    .min(0)
    .max(10)
    .default(0)
    .meta(
      facts({
        description: 'Proxies in front, each of which appends to `X-Forwarded-For`; 0 ignores the header.',
        remedy: 'Give a whole number from 0 to 10.',
        form: 'json',
      }),
    ),
  trustedSources: z
    .array(z.string().max(64).refine(isAddressRange))
    .max(100)
    .default([])
    .meta(
      facts({
        description: 'Addresses and CIDR ranges of your own back ends: limits per source do not count them; limits per account do.',
        remedy: 'Give addresses or ranges, for example 10.0.0.0/8, fd00::/8 (a list in the file, commas elsewhere).',
        form: 'list',
      }),
    ),
  trustLoopback: z
    .boolean()
    .optional()
    .meta(
      facts({
        description:
          'Whether a direct connection from this machine is one of your own: not counted by limits per source, and let into `/metrics` and `/outbox`. Off when a proxy on this machine may pass requests on without forwarding headers. Default: on unless `publicUrl` is beyond this machine.',
        remedy: 'Give true or false.',
        form: 'json',
      }),
    ),
  allowInsecureHttp: z
    .boolean()
    .default(false)
    .meta(
      facts({
        description:
          'Allow addresses beyond this machine, and public URLs, without `https`. Passwords then cross the network in the clear.',
        remedy: 'Give true or false.',
        form: 'json',
      }),
    ),
  outbox: z
    .boolean()
    .optional()
    .meta(
      facts({
        description:
          'Show mails at `/outbox` to this machine. Default: on while nothing but loopback is listened on, nothing takes messages (no `smtpUrl`, webhook or Twilio), and direct connections from this machine are trusted.',
        remedy: 'Give true or false.',
        form: 'json',
      }),
    ),
  limits: Limits.prefault({}),
  hash: Hash.prefault({}),
})

export type Fields = z.output<typeof OptionFields>

/** Fields by name, nested ones with a dot, with what is known of each. */
export const optionFacts: ReadonlyMap<string, FieldFacts & { readonly defaultValue: unknown }> = new Map(
  Object.entries(OptionFields.shape).flatMap(([name, schema]) => {
    const groups: Readonly<Record<string, z.ZodObject>> = { limits: Limits, hash: Hash }
    const group = groups[name]
    if (!group) return [[name, factsOf(schema)] as const]
    return Object.entries(group.shape).map(([inner, one]) => [`${name}.${inner}`, factsOf(one)] as const)
  }),
)

function factsOf(schema: z.core.$ZodType): FieldFacts & { readonly defaultValue: unknown } {
  const meta = z.globalRegistry.get(schema)
  const { description = '', remedy = '', form = 'text', isSecret = false } = (meta ?? {}) as Partial<FieldFacts>
  const parsed = z.safeParse(schema, undefined)
  return { description, remedy, form, isSecret, defaultValue: parsed.success ? parsed.data : undefined }
}

function isDecodable(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { username, password } = new URL(url)
  try {
    decodeURIComponent(username + password)
    return true
  } catch {
    return false
  }
}

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return !/[?#]/.test(text) && username === '' && password === ''
}

function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
