import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { makeCertificate, type TestCertificate } from './test-certificate.ts'

/** How the peer behaves; without any of it, it takes every mail. */
export interface PeerBehaviour {
  /** Answers to each command, `550 5.1.1 text`; `undefined` accepts. */
  readonly onRecipient?: (address: string) => string | undefined
  readonly onMessage?: (count: number) => string | undefined
  /** After the whole message: no answer at all, or the end of the connection (without TLS only: the runtime does not bear it under TLS). */
  readonly afterMessage?: 'hang' | 'drop'
  readonly hasStartTls?: boolean
  readonly isTlsFromStart?: boolean
  readonly certificate?: TestCertificate
  readonly login?: { readonly user: string; readonly password: string }
}

/** A mail as it came over the wire. */
export interface ReceivedMail {
  readonly mailFrom: string
  readonly recipients: readonly string[]
  /** Headers and body as sent. */
  readonly source: string
  readonly isEncrypted: boolean
}

/** An SMTP server on a free loopback port. */
export interface Peer {
  readonly port: number
  /** Mails that were received whole, also those that were refused or not answered afterwards. */
  readonly mails: readonly ReceivedMail[]
  /** Everything that clients wrote before TLS. */
  wire(): string
  readonly connections: () => number
  close(): Promise<void>
}

/** What the peer trusts and shows unless a test gives another one. */
export const peerCertificate = makeCertificate()

function refusal(answer: string): Error {
  return Object.assign(new Error(answer.slice(4)), { responseCode: Number(answer.slice(0, 3)) })
}

/** Starts a server that answers lines by a script, on a free loopback port; `undefined` ends the connection. */
export async function startScript(
  greeting: string,
  answer: (line: string) => string | undefined,
): Promise<Pick<Peer, 'port' | 'close' | 'wire'>> {
  const sockets = new Set<Socket>()
  let written = ''
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    socket.write(greeting)
    socket.on('data', (chunk) => {
      written += chunk.toString('latin1')
      const reply = answer(chunk.toString('latin1').trim())
      if (reply === undefined) socket.destroy()
      else socket.write(reply)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    wire: () => written,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Starts a peer. It writes nothing and reads nothing but its own socket. */
export async function startPeer(behaviour: PeerBehaviour = {}): Promise<Peer> {
  const mails: ReceivedMail[] = []
  const written: Buffer[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = new SMTPServer(serverOptions(behaviour, mails, () => sockets))
  server.on('error', () => undefined) // Failed handshakes are what some tests are about.
  server.server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => void written.push(chunk))
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    wire: () => Buffer.concat(written).toString('latin1'),
    connections: () => connections,
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  }
}

function serverOptions(behaviour: PeerBehaviour, mails: ReceivedMail[], sockets: () => Iterable<Socket>): SMTPServerOptions {
  const { login, onRecipient, onMessage, afterMessage } = behaviour
  return {
    ...(behaviour.certificate ?? peerCertificate),
    secure: behaviour.isTlsFromStart ?? false,
    disabledCommands: [...(behaviour.hasStartTls === false ? ['STARTTLS'] : []), ...(login ? [] : ['AUTH'])],
    authOptional: !login,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 1,
    onAuth({ username, password }, _session, done) {
      const isRight = username === login?.user && password === login?.password
      done(isRight ? null : refusal(`535 5.7.8 Wrong password ${password}`), { user: username })
    },
    onRcptTo({ address }, _session, done) {
      const answer = onRecipient?.(address)
      done(answer ? refusal(answer) : null)
    },
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope
      const isEncrypted = session.secure
      const recipients = rcptTo.map(({ address }) => address)
      const finish = (source: string) => {
        mails.push({ mailFrom: mailFrom ? mailFrom.address : '', recipients, source, isEncrypted })
        const answer = onMessage?.(mails.length)
        if (afterMessage === 'drop') for (const socket of sockets()) socket.destroy()
        if (!afterMessage) done(answer ? refusal(answer) : null)
      }
      text(stream).then(finish, done)
    },
  }
}
