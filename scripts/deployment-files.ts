import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { root } from './build.ts'

/** What the Dockerfile, `compose.yaml`, the unit and the Kubernetes files say, for those who check it and for those who start the server as they would. */

export type Variables = Readonly<Record<string, string>>

export function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** An instruction of a Dockerfile, with its lines joined. */
export interface Instruction {
  readonly name: string
  readonly rest: string
}

export function dockerfile(): readonly Instruction[] {
  const lines = textOf('Dockerfile').replaceAll(/^\s*#.*\n/gm, '')
  return lines
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^\s*([A-Z]+)\s+(.*)$/.exec(line) ?? []
      return { name, rest: rest.trim() }
    })
}

/** How a container of the image starts, and is asked whether it lives. */
export interface Image {
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly health: readonly string[]
  readonly environment: Variables
}

const Words = z.array(z.string()).min(1)

export function image(): Image {
  const instructions = dockerfile()
  const last = (name: string) => instructions.findLast((one) => one.name === name)?.rest ?? ''
  const pairs = [...last('ENV').matchAll(/(\S+?)=(\S+)/g)]
  return {
    entrypoint: Words.parse(JSON.parse(last('ENTRYPOINT'))),
    command: Words.parse(JSON.parse(last('CMD'))),
    health: Words.parse(JSON.parse(/\bCMD (\[.*\])$/.exec(last('HEALTHCHECK'))?.[1] ?? '')),
    environment: Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value])),
  }
}

const Service = z.looseObject({
  image: z.string(),
  user: z.string(),
  read_only: z.boolean(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  secrets: z.array(z.string()),
  healthcheck: z.looseObject({ test: z.array(z.string()) }),
  stop_grace_period: z.string(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
})
const Compose = z.looseObject({
  services: z.strictObject({ database: Service, postern: Service }),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
})

export function compose(): z.output<typeof Compose> {
  return Compose.parse(parse(textOf('compose.yaml')))
}

/** Values of a unit file by key; a key that stands several times has several. */
export function unit(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const [, key = '', value = ''] of textOf('deploy/postern.service').matchAll(/^([A-Za-z]+)=(.*)$/gm)) {
    found.set(key, [...(found.get(key) ?? []), value])
  }
  return found
}

const Probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.string() }),
  periodSeconds: z.int(),
  timeoutSeconds: z.int(),
  failureThreshold: z.int(),
})
const Container = z.looseObject({
  image: z.string(),
  args: Words,
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
  startupProbe: Probe.optional(),
  livenessProbe: Probe.optional(),
  readinessProbe: Probe.optional(),
  securityContext: z.unknown(),
  resources: z.object({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
})
const PodSpec = z.looseObject({
  automountServiceAccountToken: z.boolean(),
  enableServiceLinks: z.boolean(),
  terminationGracePeriodSeconds: z.int().optional(),
  securityContext: z.unknown(),
  containers: z.tuple([Container]),
  volumes: z.unknown(),
})
const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  data: z.record(z.string(), z.string()).optional(),
  spec: z.looseObject({ template: z.looseObject({ spec: PodSpec }).optional() }).optional(),
})
export type Manifest = z.output<typeof Manifest>

export const manifestFiles = ['deploy/kubernetes/postern.yaml', 'deploy/kubernetes/first-start.yaml'] as const

/** Kubernetes reads YAML 1.1, where `0440` is octal. */
export function manifests(file: (typeof manifestFiles)[number]): readonly Manifest[] {
  return parseAllDocuments(textOf(file), { version: '1.1' }).map((document) => Manifest.parse(document.toJS()))
}

export function manifest(file: (typeof manifestFiles)[number], kind: string): Manifest {
  const found = manifests(file).find((one) => one.kind === kind)
  if (!found) throw new Error(`${file} has no ${kind}`)
  return found
}
