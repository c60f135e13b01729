import { BlockList, isIP } from 'node:net'

/** Addresses and CIDR ranges that a key is permitted from. */

/** Whether a text is an address or a CIDR range. */
export function isNetwork(text: string): boolean {
  return read(text) !== undefined
}

/** Whether an address is in one of the networks; an empty list permits every address. An address that is none is in no network. */
export function isPermittedAddress(networks: readonly string[], address: string): boolean {
  if (networks.length === 0) return true
  const version = isIP(address)
  if (version === 0) return false
  const list = new BlockList()
  for (const network of networks) {
    const entry = read(network)
    if (entry) list.addSubnet(entry.address, entry.prefix, entry.family)
  }
  return list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

/** Whether every address of a network is in one of the others. Two halves are not taken for a whole. */
export function isNetworkWithin(network: string, others: readonly string[]): boolean {
  const inner = read(network)
  if (!inner) return false
  return others.some((other) => {
    const outer = read(other)
    if (!outer || outer.family !== inner.family || outer.prefix > inner.prefix) return false
    return isPermittedAddress([other], inner.address)
  })
}

interface Network {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

function read(text: string): Network | undefined {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  const max = version === 4 ? 32 : 128
  const prefix = bits === undefined ? max : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (version === 0 || rest.length > 0 || address.includes('%') || !(prefix <= max)) return undefined
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}
