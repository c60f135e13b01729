import type { Channel } from '../core/messages.ts'
import type { Clock, LabelledValue, Metrics } from '../core/ports.ts'
import type { Storage } from '../core/storage.ts'

type Figure = Awaited<ReturnType<Storage['outbox']['figures']>>[number]

/** Registers the gauges of the queue: one look at the database serves all of them. A channel that there is a transport for is there from the start, as zero. */
export function watchMessages(
  { metrics, storage, clock }: { readonly metrics: Metrics; readonly storage: Pick<Storage, 'outbox'>; readonly clock: Clock },
  sentChannels: readonly Channel[],
): void {
  let look: { readonly at: number; readonly figures: Promise<readonly Figure[]> } | undefined
  const figures = () => {
    const at = clock.monotonicMilliseconds()
    if (!look || at - look.at > 1_000) look = { at, figures: storage.outbox.figures() }
    return look.figures
  }
  const byChannel = (state: Figure['state'], value: (figure: Figure) => number) => async (): Promise<readonly LabelledValue[]> => {
    const found = (await figures()).filter((figure) => figure.state === state)
    const missing = sentChannels.filter((channel) => found.every((figure) => figure.channel !== channel))
    return [
      ...found.map((figure) => ({ labels: { channel: figure.channel }, value: value(figure) })),
      ...missing.map((channel) => ({ labels: { channel }, value: 0 })),
    ]
  }
  metrics.gauge(
    'postern_messages_waiting',
    byChannel('pending', ({ count }) => count),
  )
  metrics.gauge(
    'postern_messages_oldest_waiting_seconds',
    byChannel('pending', ({ oldestAt }) => Math.max(0, clock.nowSeconds() - oldestAt)),
  )
  metrics.gauge(
    'postern_messages_dead',
    byChannel('failed', ({ count }) => count),
  )
}
