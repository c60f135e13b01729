import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** What happens to what passes a proxy. */
export interface Weather {
  /** Milliseconds that each piece from the client waits. Pieces keep their order, so a round trip waits once. */
  readonly delayMilliseconds?: () => number
  /** Nothing passes, either way, and nobody is told. */
  readonly isBlackHole?: boolean
  /** What the server answers is thrown away. */
  readonly losesAnswers?: boolean
  /** New connections are reset at once. */
  readonly refuses?: boolean
  /** Asked when a statement of the PostgreSQL protocol passes that makes a change last: true resets the client as soon as the server has it. */
  readonly cutsAfterCommit?: () => boolean
}

/** A TCP proxy on loopback that makes the network fail. */
export interface TcpProxy {
  readonly port: number
  /** What is open now. */
  connections(): number
  /** Pieces from clients since the start. */
  pieces(): number
  /** How often the server of the PostgreSQL protocol was ready for the next question since the start: round trips. */
  answers(): number
  set(weather: Weather): void
  /** Resets every connection. */
  cut(): void
  close(): Promise<void>
}

export async function startProxy(target: { readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let weather: Weather = {}
  let pieces = 0
  let answers = 0
  const server = createServer((client) => {
    if (weather.refuses) return void client.resetAndDestroy()
    const upstream = connect({ host: '127.0.0.1', port: target.port, noDelay: true })
    const pair = [client.setNoDelay(), upstream] as const
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    for (const socket of pair) socket.on('error', end).on('close', end)
    const findCommit = createCommitFinder()
    let earlier = Promise.resolve()
    client.on('data', (piece) => {
      pieces++
      const { delayMilliseconds, isBlackHole, cutsAfterCommit } = weather
      if (isBlackHole) return
      const isCut = findCommit(piece) && cutsAfterCommit?.() === true
      const due = delay(delayMilliseconds?.() ?? 0)
      const pass = () => {
        // The end comes after the commit, so that the server has both in order.
        if (!isCut) return void upstream.write(piece)
        upstream.end(piece)
        client.resetAndDestroy()
      }
      if (delayMilliseconds) earlier = Promise.all([earlier, due]).then(pass)
      else pass()
    })
    const countAnswers = createAnswerCounter()
    upstream.on('data', (piece) => {
      answers += countAnswers(piece)
      if (!weather.isBlackHole && !weather.losesAnswers && client.writable) client.write(piece)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port')
  const cut = () => {
    for (const [client, upstream] of pairs) {
      client.resetAndDestroy()
      upstream.resetAndDestroy()
    }
  }
  return {
    port: address.port,
    connections: () => pairs.size,
    pieces: () => pieces,
    answers: () => answers,
    set: (next) => {
      weather = next
    },
    cut,
    async close() {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
  }
}

/** What makes a change last: a `commit`, or the one statement by which a refresh token is used up. */
const lasting = /^(?:commit\b|update "sessions" set "generation")/i

/**
 * Follows what a client of PostgreSQL says, a piece after the other, and answers whether a piece ended a message that makes a change last: Query, Parse, or Bind of what was
 * parsed before (https://www.postgresql.org/docs/current/protocol-message-formats.html).
 */
export function createCommitFinder(): (piece: Buffer) => boolean {
  const lastingNames = new Set<string>()
  let rest = Buffer.alloc(0)
  let hasBegun = false
  return (piece) => {
    rest = Buffer.concat([rest, piece])
    let isFound = false
    for (;;) {
      // The first message has no type before its length.
      const head = hasBegun ? 1 : 0
      if (rest.length < head + 4) return isFound
      const end = head + rest.readInt32BE(head)
      if (rest.length < end) return isFound
      if (hasBegun && makesLast(rest.subarray(0, end), lastingNames)) isFound = true
      rest = rest.subarray(end)
      hasBegun = true
    }
  }
}

function makesLast(message: Buffer, lastingNames: Set<string>): boolean {
  const type = String.fromCharCode(message[0] ?? 0)
  const [first = '', second = ''] = message.subarray(5).toString('latin1').split('\0')
  if (type === 'Q') return lasting.test(first)
  if (type === 'P') {
    if (lasting.test(second)) lastingNames.add(first)
    else lastingNames.delete(first)
    return false
  }
  // Execution, which follows in the same piece, comes after Bind.
  return type === 'B' && lastingNames.has(second)
}

/** Follows what a server of PostgreSQL says, and answers how many messages ReadyForQuery a piece ended. */
function createAnswerCounter(): (piece: Buffer) => number {
  let rest = Buffer.alloc(0)
  return (piece) => {
    rest = Buffer.concat([rest, piece])
    let count = 0
    while (rest.length >= 5) {
      const end = 1 + rest.readInt32BE(1)
      if (rest.length < end) break
      if (rest[0] === 'Z'.charCodeAt(0)) count++
      rest = rest.subarray(end)
    }
    return count
  }
}
