/** The figures at `/metrics`, on prom-client. */
import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client'
import type { GaugeReading, Metrics } from '../core/ports.ts'

/** One figure: what it tells, and by which labels it is split. Labels have few values: never an ID, an address or a raw path. */
export interface MetricDefinition {
  readonly help: string
  readonly labels?: readonly string[]
  /** Upper bounds in seconds, for durations. */
  readonly buckets?: readonly number[]
  /** Of gauges: whether each worker has a value of its own, so that they add up. Others are read from the database, and are the same whoever reads. */
  readonly isOfProcess?: boolean
}

export interface MetricTable {
  readonly counters: Readonly<Record<string, MetricDefinition>>
  readonly durations: Readonly<Record<string, MetricDefinition>>
  readonly gauges: Readonly<Record<string, MetricDefinition>>
}

const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const

/** Figures of the edge itself. `createMetrics` takes the tables of others beside it. */
export const httpMetrics: MetricTable = {
  counters: {
    postern_http_requests_total: {
      help: 'Requests answered, by route template, method and status.',
      labels: ['route', 'method', 'status'],
    },
  },
  durations: {
    postern_http_request_seconds: {
      help: 'Time from the first look at a request to its answer.',
      labels: ['route'],
      buckets: requestBuckets,
    },
  },
  gauges: {},
}

export interface MetricsRegistry extends Metrics {
  /** Everything in the Prometheus text format, and the content type it has. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>
  /** What this process adds to the figures that another worker is asked for. */
  share(): Promise<string>
  /** Names that were used but are in no table; a test holds this empty. */
  undeclaredNames(): readonly string[]
}

/**
 * Makes a registry of its own, with the usual figures of the process if `withProcess` says so. A name that no table has is still counted, so
 * that a forgotten line loses no figure and fails no request. `others` are the shares of other workers, which are added.
 */
export function createMetrics(
  tables: readonly MetricTable[] = [httpMetrics],
  withProcess = true,
  others: () => Promise<readonly string[]> = async () => [],
): MetricsRegistry {
  const registry = new Registry()
  const registers = [registry]
  if (withProcess) collectDefaultMetrics({ register: registry })
  const counters = new Map<string, Counter>()
  const durations = new Map<string, Histogram>()
  const undeclared = new Set<string>()

  const definitionOf = (kind: keyof MetricTable, name: string, labels: readonly string[]): MetricDefinition => {
    const known = tables.find((table) => table[kind][name])?.[kind][name]
    if (!known) undeclared.add(name)
    return known ?? { help: name, labels }
  }
  const counter = (name: string, labels: readonly string[] = []) => {
    const { help, labels: labelNames = [] } = definitionOf('counters', name, labels)
    return remembered(counters, name, () => new Counter({ name, help, labelNames: [...labelNames], registers }))
  }
  const duration = (name: string, labels: readonly string[] = []) => {
    const { help, labels: labelNames = [], buckets = requestBuckets } = definitionOf('durations', name, labels)
    return remembered(durations, name, () => new Histogram({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers }))
  }
  // Figures that are in a table are there from the start, as zeros where they have no labels.
  for (const table of tables) {
    for (const name of Object.keys(table.counters)) counter(name)
    for (const name of Object.keys(table.durations)) duration(name)
  }

  return {
    count: (name, labels = {}) => counter(name, Object.keys(labels)).inc(labels),
    observe: (name, seconds, labels = {}) => duration(name, Object.keys(labels)).observe(labels, seconds),
    gauge(name, read) {
      registry.removeSingleMetric(name)
      const { help, labels = [] } = definitionOf('gauges', name, [])
      new Gauge({ name, help, labelNames: [...labels], registers, collect: collectorOf(read) })
    },
    async render() {
      const shares = await others()
      const text = shares.length === 0 ? await registry.metrics() : await added(await registry.getMetricsAsJSON(), shares)
      return { contentType: registry.contentType, text }
    },
    async share() {
      const isShared = (name: string) => tables.every(({ gauges }) => !gauges[name] || gauges[name].isOfProcess)
      const metrics = registry.getMetricsAsArray().filter(({ name }) => isShared(name))
      return JSON.stringify(await Promise.all(metrics.map((metric) => registry.getSingleMetric(metric.name)?.get())))
    },
    undeclaredNames: () => [...undeclared],
  }
}

type Figures = MetricObjectWithValues<MetricValue<string>>[]

function added(own: Figures, shares: readonly string[]): Promise<string> {
  return AggregatorRegistry.aggregate([own, ...shares.map((share) => JSON.parse(share) as Figures)]).metrics()
}

/** A gauge whose source fails shows nothing for that time; the others are still told. */
function collectorOf(read: () => GaugeReading | Promise<GaugeReading>) {
  return async function collect(this: Gauge): Promise<void> {
    try {
      const reading = await read()
      if (typeof reading === 'number') return this.set(reading)
      // What has no value any more must not keep its last one.
      this.reset()
      for (const { labels, value } of reading) this.set(labels, value)
    } catch {
      this.reset()
    }
  }
}

function remembered<T>(known: Map<string, T>, name: string, make: () => T): T {
  const metric = known.get(name) ?? make()
  known.set(name, metric)
  return metric
}
