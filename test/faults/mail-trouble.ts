import { setTimeout as delay } from 'node:timers/promises'
import { type Peer, type PeerBehaviour, startPeer } from '../../src/mail/test-smtp-peer.ts'
import { openQueue } from './ledger/database.ts'
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
  ['answers 451', { onRecipient: () => '451 4.7.1 later' }],
  ['drops after DATA', { afterMessage: 'drop', hasStartTls: false }],
]

/** The bar is 1.05. What others do on a machine that is not quiet moves the slowest answers by more than that, so they have a wider limit. */
const mostRatios = { p50: 1.05, p99: 1.5 }

async function trouble(plan: Plan, trial: Trial): Promise<Outcome> {
  const rounds = plan.rounds ?? (plan.isShort ? 1 : 6)
  const begun = new Map<string, number>()
  const onRecipient = (address: string) => void begun.set(address, (begun.get(address) ?? 0) + 1)
  const peers = await Promise.all(troubles.map(([, behaviour]) => behaviour && startPeer({ onRecipient, ...behaviour })))
  const [well] = peers
  if (!well) throw new Error('The first peer is one that takes mails')
  let target: Peer | undefined = well
  // The proxy keeps the port while peers come and go.
  const proxy = await startProxy({
    get port() {
      return target?.port ?? 1
    },
  })
  let cutDeliveries = 0
  const turnTo = (peer: Peer | undefined) => {
    // A connection that is cut may have delivered a mail whose answer is lost: it comes once more.
    if (target === well) cutDeliveries += proxy.connections()
    target = peer
    proxy.cut()
  }
  try {
    const mail = ['--smtp-url', `smtp://127.0.0.1:${proxy.port}`, '--mail-from', 'Postern <auth@example.com>']
    trial.use(await trial.serve({ flags: [...mail, '--outbox', 'false'] }))
    // A server that has just started is slower.
    await trial.underLoad(() => delay(roundMilliseconds))
    const times: number[][] = troubles.map(() => [])
    // In turn, so that whatever else the machine does is spread over all of them.
    for (let round = 0; round < rounds; round++) {
      for (const [index, peer] of peers.entries()) {
        turnTo(peer)
        const before = trial.endings.length
        await trial.underLoad(() => delay(roundMilliseconds))
        const signUps = trial.endings.slice(before).filter(({ path }) => path === 'password/signup')
        times[index]?.push(...signUps.map(({ milliseconds }) => milliseconds))
      }
    }
    turnTo(undefined)
    const asked = await askForLinks(trial, plan.isShort ? 500 : 10_000)
    turnTo(well)
    const silent = peers.flatMap((peer, index) => (peer && troubles[index]?.[1]?.afterMessage ? [peer] : []))
    const drained = { ...(await drain(trial, { well, silent, begun }, asked)), cutDeliveries }
    const odd = unexpected(trial.endings)
    const outcome = await trial.finish()
    return report({ outcome, odd, times, drained })
  } finally {
    await proxy.close()
    await Promise.all(peers.map((peer) => peer?.close()))
  }
}

const roundMilliseconds = 5_000
const askers = 8

/** Asks for magic links to so many addresses that nobody has. */
async function askForLinks(trial: Trial, count: number): Promise<ReadonlySet<string>> {
  const addresses = Array.from({ length: count }, (_, index) => `linked-${index}@example.com`)
  const queue = [...addresses]
  const asker = async () => {
    for (let email = queue.pop(); email; email = queue.pop()) {
      const answer = await trial.client.call('magiclink/signup/email', { loginId: email, email })
      if (answer?.status !== 200) throw new Error(`A sign-up by magic link was refused: ${answer?.status} ${answer?.errorCode}`)
    }
  }
  await Promise.all(Array.from({ length: askers }, asker))
  return new Set(addresses)
}

interface Drained {
  readonly queued: number
  /** Until no link waits, and until nothing does. */
  readonly linkSeconds: number
  readonly seconds: number
  /** Messages that still wait when nobody waits for them any more. */
  readonly left: number
  /** How messages ended, by number. */
  readonly ends: string
  readonly missing: number
  /** Recipients whose mail broke off twice after it was on its way. Nobody knows whether it came, and a third copy is not risked. */
  readonly unanswered: number
  /** Copies beyond the first at the peer that answers. */
  readonly duplicates: number
  /** Numbers of recipients, by how many copies were taken. */
  readonly copies: ReadonlyMap<number, number>
}

/** Peers that take mails, with an answer and without. The others never have one. */
interface Takers {
  readonly well: Peer
  readonly silent: readonly Peer[]
  /** How often a mail was begun at one of them, by recipient. */
  readonly begun: ReadonlyMap<string, number>
}

/** The longest pause between two tries is part of it. */
const drainSeconds = 1_200

/** Waits until the queue is empty, times between tries included. Everybody who signed up, and whoever asked for a link, is to have a mail then. */
async function drain(trial: Trial, { well, silent, begun }: Takers, asked: ReadonlySet<string>): Promise<Drained> {
  const signedUp = trial.endings.filter(({ path, status }) => path === 'password/signup' && status === 200).length
  const users = signedUp + asked.size
  const had = copiesAt([well]).size
  const queue = openQueue(trial.installation.folder)
  const began = performance.now()
  const secondsUntil = async (isDone: () => boolean) => {
    const seconds = () => Math.round((performance.now() - began) / 1000)
    while (!isDone() && seconds() < drainSeconds) await delay(250)
    return seconds()
  }
  const linkSeconds = await secondsUntil(() => queue.waiting('magicLink.signUp') === 0)
  const seconds = await secondsUntil(() => queue.waiting() === 0)
  const [left, ends] = [queue.waiting(), queue.ends()]
  queue.close()
  const answered = copiesAt([well])
  const unanswered = [...begun].filter(([recipient, times]) => times > 1 && !answered.has(recipient)).length
  const copies = Map.groupBy(copiesAt([well, ...silent]).values(), (count) => count)
  return {
    ...{ queued: users - had, linkSeconds, seconds, left, ends, missing: users - answered.size - unanswered, unanswered },
    duplicates: well.mails.length - answered.size,
    copies: new Map([...copies].map(([count, all]) => [count, all.length])),
  }
}

/** Copies that the peers took, by recipient. */
function copiesAt(peers: readonly Peer[]): ReadonlyMap<string, number> {
  const copies = new Map<string, number>()
  for (const { mails } of peers) {
    for (const recipient of mails.flatMap(({ recipients }) => recipients)) copies.set(recipient, (copies.get(recipient) ?? 0) + 1)
  }
  return copies
}

interface Found {
  readonly outcome: Outcome
  readonly odd: readonly string[]
  /** Milliseconds of sign-ups, in the order of `troubles`. */
  readonly times: readonly (readonly number[])[]
  readonly drained: Drained & { readonly cutDeliveries: number }
}

function report({ outcome, odd, times, drained }: Found): Outcome {
  const ratios = (share: number) => {
    const [usual = Number.NaN, ...others] = times.map((some) => quantile(some, share))
    return { usual, others: others.map((milliseconds) => milliseconds / usual) }
  }
  const [p50, p99] = [ratios(0.5), ratios(0.99)]
  const written = troubles.slice(1).map(([name], index) => {
    const of = ({ others }: typeof p50) => (others[index] ?? Number.NaN).toFixed(2)
    return [`while it ${name}`, `p50 ${of(p50)}, p99 ${of(p99)}`] as const
  })
  return {
    figures: [
      ['sign-ups', times.flat().length],
      ['usual p50 and p99 ms', `${Math.round(p50.usual)} and ${Math.round(p99.usual)}`],
      ...written,
      ['queued when it was well again', drained.queued],
      ['links drained after s', drained.linkSeconds],
      ['all drained after s', drained.seconds],
      ['messages at the end', drained.ends],
      ['missing', drained.missing],
      ['broken off twice', drained.unanswered],
      ['duplicates', `${drained.duplicates} of ${drained.cutDeliveries} cut connections`],
      ['copies 1 and 2', `${drained.copies.get(1) ?? 0} and ${drained.copies.get(2) ?? 0}`],
      ...outcome.figures,
    ],
    broken: [
      ...outcome.broken,
      ...odd,
      ...unless(
        Math.max(...p50.others) < mostRatios.p50,
        `half of the sign-ups took ${Math.max(...p50.others).toFixed(2)} times as long as usual`,
      ),
      ...unless(
        Math.max(...p99.others) < mostRatios.p99,
        `slow sign-ups took ${Math.max(...p99.others).toFixed(2)} times as long as usual`,
      ),
      ...unless(drained.missing === 0, `${drained.missing} users never got their mail`),
      ...unless(drained.left === 0, `${drained.left} messages still wait`),
      ...unless(
        drained.duplicates <= drained.cutDeliveries,
        `${drained.duplicates} mails came twice, and ${drained.cutDeliveries} connections were cut`,
      ),
      ...unless(
        [...drained.copies.keys()].every((count) => count <= 2),
        `more than two copies were taken of a mail`,
      ),
    ],
  }
}
