/** The bare work that a sign-in and a refresh cannot do without, in a process of its own, with as many threads as the server has. Works when its parent asks. */
import { webcrypto } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { hash } from '@node-rs/argon2'
import { defaultConcurrency, defaultHashParameters } from '../src/core/password/hash-cost.ts'

/** What the parent asks for: how many units of work a second `callers` get done. */
export interface BareWork {
  readonly work: 'signIn' | 'signature'
  readonly callers: number
  readonly milliseconds: number
}

export interface BareResult {
  readonly perSecond: number
}

const { subtle } = webcrypto
const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
const { privateKey } = await subtle.generateKey(algorithm, false, ['sign', 'verify'])
/** As long as the signed part of a session token. */
const signed = Buffer.alloc(640, 'x')

const cores = availableParallelism()
const parallelHashes = defaultConcurrency(cores, Number(process.env.UV_THREADPOOL_SIZE ?? 4))
const cost = { memoryCost: defaultHashParameters.memoryKib, timeCost: defaultHashParameters.iterations, parallelism: 1, outputLen: 32 }

/** Lets so many in at a time. */
function gate(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let taken = 0
  return async (work) => {
    if (taken >= places) await new Promise<void>((resolve) => waiting.push(resolve))
    taken++
    try {
      return await work()
    } finally {
      taken--
      waiting.shift()?.()
    }
  }
}

const hashing = gate(parallelHashes)

const signOne = () => subtle.sign(algorithm.name, privateKey, signed)

const works: Readonly<Record<BareWork['work'], () => Promise<unknown>>> = {
  async signIn() {
    await hashing(() => hash('correct horse battery 1', cost))
    await Promise.all([signOne(), signOne()])
  },
  signature: signOne,
}

async function measure({ work, callers, milliseconds }: BareWork): Promise<BareResult> {
  const once = works[work]
  const started = performance.now()
  let done = 0
  const caller = async () => {
    while (performance.now() - started < milliseconds) {
      await once()
      done++
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return { perSecond: done / ((performance.now() - started) / 1000) }
}

process.on('message', (message: BareWork & { readonly id: number }) => {
  measure(message).then(
    (result) => process.send?.({ id: message.id, ...result }),
    (error: unknown) => process.send?.({ id: message.id, error: String(error) }),
  )
})
