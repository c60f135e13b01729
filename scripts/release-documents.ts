import { createHash } from 'node:crypto'

/** What a release says of itself: a bill of materials, where it comes from, and digests. Pure functions. */

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** A tree as `npm ls --all --json` prints it; what is optional and not installed has no version. */
export interface Listed {
  readonly version?: string
  readonly problems?: readonly string[]
  readonly dependencies?: Readonly<Record<string, Listed>>
}

/** `name@version` of everything that is installed below. */
export function installed(tree: Listed): ReadonlySet<string> {
  const found = new Set<string>()
  const walk = ({ dependencies = {} }: Listed) => {
    for (const [name, one] of Object.entries(dependencies)) {
      if (one.version === undefined) continue
      found.add(`${name}@${one.version}`)
      walk(one)
    }
  }
  walk(tree)
  return found
}

interface Component {
  readonly purl: string
  readonly name: string
  readonly version: string
  readonly hashes?: readonly unknown[]
  readonly licenses?: readonly unknown[]
}

/** What we look at of a bill of materials in CycloneDX. */
export interface Bill {
  readonly serialNumber: string
  readonly metadata: Readonly<Record<string, unknown>> & { readonly component: Readonly<Record<string, unknown>> }
  readonly components: readonly Component[]
}

/** What we look at of a lock file. */
export interface Lock {
  readonly packages: Readonly<Record<string, { readonly name?: string; readonly version?: string; readonly integrity?: string }>>
}

/** A bill with the digests that the lock file holds each package to, for those that npm gave none. */
export function withDigests(bill: Bill, { packages }: Lock): Bill {
  const digests = new Map(
    Object.entries(packages).map(([path, one]) => [`${one.name ?? path.split('node_modules/').at(-1)}@${one.version}`, one.integrity]),
  )
  return {
    ...bill,
    components: bill.components.map((one) => {
      const sha512 = /^sha512-(\S+)$/.exec(digests.get(`${one.name}@${one.version}`) ?? '')?.[1]
      if (one.hashes?.length || sha512 === undefined) return one
      return { ...one, hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }] }
    }),
  }
}

/** Differences between a bill and what is installed, and entries without a digest or a licence. Empty is good. */
export function problemsOfBill(bill: Bill, tree: Listed): readonly string[] {
  const expected = installed(tree)
  // An alias is listed by the name it is installed under, and billed by its own.
  const billed = new Map(bill.components.map((one) => [`${one.name}@${one.version}`, one]))
  return [
    ...(tree.problems ?? []),
    ...[...expected].filter((name) => !billed.has(name)).map((name) => `${name} is installed, but not in the bill`),
    ...[...billed.keys()].filter((name) => !expected.has(name)).map((name) => `${name} is in the bill, but not installed`),
    ...[...billed].filter(([, one]) => !one.hashes?.length).map(([name]) => `${name} has no digest`),
    ...[...billed].filter(([, one]) => !one.licenses?.length).map(([name]) => `${name} has no licence`),
  ]
}

/** The same bill with nothing in it that differs between two runs: the time is that of the commit, the serial number comes from the content. */
export function settledBill(bill: Bill, input: { readonly name: string; readonly committedAt: string }): Bill {
  const { name, committedAt } = input
  const metadata = { ...bill.metadata, timestamp: committedAt, component: { ...bill.metadata.component, name, type: 'application' } }
  const digest = sha256(JSON.stringify({ ...bill, serialNumber: '', metadata }))
  // A UUID of version 8, whose bits are the maker's (RFC 9562, section 5.8).
  const uuid = [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`, `8${digest.slice(17, 20)}`, digest.slice(20, 32)].join(
    '-',
  )
  return { ...bill, serialNumber: `urn:uuid:${uuid}`, metadata }
}

export interface Origin {
  readonly version: string
  readonly commit: string
  /** Where the commit can be had; a path of this machine tells nobody anything. */
  readonly repository: string
  readonly lockDigest: string
  readonly node: string
  readonly npm: string
  /** Who built it: the identity of a CI job, or nobody in particular. */
  readonly builder: string
  readonly startedOn: string
  readonly finishedOn: string
}

/** An in-toto statement (v1) with SLSA provenance (v1): which files were made of which commit and lock file, by whom and with what. */
export function provenance(files: readonly { readonly name: string; readonly content: Uint8Array }[], origin: Origin): object {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: files.map(({ name, content }) => ({ name, digest: { sha256: sha256(content) } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:postern:release:1',
        externalParameters: { version: origin.version, commit: origin.commit, command: 'npm run release' },
        internalParameters: { node: origin.node, npm: origin.npm, platform: `${process.platform}-${process.arch}` },
        resolvedDependencies: [
          { uri: `git+${origin.repository}`, digest: { gitCommit: origin.commit } },
          { uri: 'package-lock.json', digest: { sha256: origin.lockDigest } },
          { uri: `pkg:generic/node@${origin.node}` },
        ],
      },
      runDetails: {
        builder: { id: origin.builder },
        metadata: { startedOn: origin.startedOn, finishedOn: origin.finishedOn },
      },
    },
  }
}
