/** Where a request came from. Forwarding headers count only as far as they are configured to (BF-04, ASVS 4.1.3). */
import { BlockList, isIP } from 'node:net'
import type { Source } from '../core/events.ts'

/** What the server that took the connection knows about it. */
export interface Connection {
  readonly remoteAddress?: string | undefined
}

export interface SourceOptions {
  /** Number of proxies in front, each of which appends to `X-Forwarded-For`. 0 ignores the header. */
  readonly trustedProxyHops: number
  /** Addresses and CIDR ranges of own back ends: no limits by address apply to them. */
  readonly trustedSources: readonly string[]
  /**
   * Whether a direct loopback connection is one of the program's own. Switch it off when a proxy on the same machine may pass requests on
   * without forwarding headers, which is what some do by default: then everybody would look local.
   */
  readonly trustLoopback: boolean
}

/** A source, and whether the connection itself is local, which `local` routes ask for. */
export interface RequestSource extends Source {
  readonly isDirectLoopback: boolean
}

const forwardingHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'] as const
const maxUserAgent = 256

/** What an address says by itself. */
interface AddressFacts {
  readonly ip: string
  readonly address: string
  readonly isLoopback: boolean
  readonly isListed: boolean
}

const maxRememberedAddresses = 1000

/** Prepares a reader of sources. Throws when a trusted source is neither an address nor a CIDR range. */
export function createSourceReader(options: SourceOptions): (headers: Headers, connection: Connection) => RequestSource {
  const trusted = blockListOf(options.trustedSources)
  const remembered = new Map<string, AddressFacts>()
  const factsOf = (text: string): AddressFacts => {
    const known = remembered.get(text)
    if (known) return known
    const address = plainAddress(text)
    const facts = { address, ip: canonicalAddress(address), isLoopback: isLoopbackAddress(address), isListed: isListed(trusted, address) }
    if (remembered.size >= maxRememberedAddresses) remembered.clear()
    remembered.set(text, facts)
    return facts
  }
  return (headers, connection) => {
    const peer = factsOf(connection.remoteAddress ?? '')
    const isDirectLoopback = options.trustLoopback && peer.isLoopback && options.trustedProxyHops === 0 && !isForwarded(headers)
    const forwarded = forwardedAddress(headers, options.trustedProxyHops)
    const { ip, address, isListed } = forwarded === undefined ? peer : factsOf(forwarded)
    return { ip, userAgent: shortUserAgent(headers.get('user-agent')), isTrusted: isDirectLoopback || isListed, isDirectLoopback, address }
  }
}

function isForwarded(headers: Headers): boolean {
  return forwardingHeaders.some((name) => headers.has(name))
}

/**
 * The form of an address that limits and logs use: IPv4-mapped addresses as IPv4, IPv6 as its /64 network, `''` for anything that is
 * not an address.
 */
export function canonicalAddress(text: string): string {
  const address = plainAddress(text)
  if (isIP(address) !== 6) return address
  const groups = expandIpv6(address)
  if (groups.every((group, index) => group === (index === 7 ? 1 : 0))) return '::1'
  const network = groups.slice(0, 4).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

/** True for 127.0.0.0/8 and ::1. */
export function isLoopbackAddress(text: string): boolean {
  const address = canonicalAddress(text)
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}

/** True when a host name of a URL is this machine's own: `localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || isLoopbackAddress(hostname.replace(/^\[|\]$/g, ''))
}

/** The address that the outermost trusted proxy saw, counted from the right; `undefined` when the header does not reach that far. */
function forwardedAddress(headers: Headers, hops: number): string | undefined {
  if (hops === 0) return undefined
  const entry = headers.get('x-forwarded-for')?.split(',').at(-hops)?.trim() ?? ''
  const address = plainAddress(entry)
  return address === '' ? undefined : address
}

/** An address without port, brackets and zone, IPv4-mapped folded; `''` if it is none. */
function plainAddress(text: string): string {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text
  const address = bare.replace(/%.*$/, '').toLowerCase()
  if (isIP(address) !== 6) return isIP(address) === 4 ? address : ''
  const groups = expandIpv6(address)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (!isMapped) return address
  const [high = 0, low = 0] = groups.slice(6)
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** The eight groups of a valid IPv6 address. */
function expandIpv6(address: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const text = dotted ? `${dotted[1]}${group(dotted[2], dotted[3])}:${group(dotted[4], dotted[5])}` : address
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((part) => Number.parseInt(part, 16))
}

function group(high = '0', low = '0'): string {
  return (Number(high) * 256 + Number(low)).toString(16)
}

function blockListOf(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/')
    const version = isIP(address)
    const maxBits = version === 4 ? 32 : 128
    const prefix = bits === undefined ? maxBits : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
    if (version === 0 || !(prefix <= maxBits)) throw new Error(`Not an address or CIDR range: ${entry}`)
    list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

function isListed(list: BlockList, address: string): boolean {
  const version = isIP(address)
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

function shortUserAgent(header: string | null): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking control characters out is what it is for
  return (header ?? '').slice(0, maxUserAgent).replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
}
