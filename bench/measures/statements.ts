import pg from 'pg'
import type { Bench } from '../bench.ts'
import { atMost } from '../report.ts'
import { loginIdOf, password } from '../seed.ts'

interface Call {
  readonly name: string
  readonly path: string
  readonly ip: string
  readonly most?: number
  readonly body: unknown
  readonly token?: string
  readonly projectId?: string
}

/** Round trips to PostgreSQL for one call: the program runs in this process, and all that its driver sends and waits for is counted, transaction control included. */
export async function measureStatements(bench: Bench): Promise<void> {
  const subject = bench.subjects.find(({ database }) => database === 'postgres')
  if (!subject) return
  const auth = await subject.installation.open()
  const log = recordQueries()
  try {
    const call = async ({ path, ip, body, token, projectId = subject.installation.projectId }: Call) => {
      const headers = { authorization: `Bearer ${projectId}${token ? `:${token}` : ''}`, 'content-type': 'application/json' }
      const request = new Request(`http://127.0.0.1/v1/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      const response = await auth.handler(request, { remoteAddress: ip })
      return (await response.json()) as { readonly refreshJwt?: string }
    }
    for (const one of await calls(subject.installation, call)) {
      let fewest: readonly string[] | undefined
      let { token } = one
      // The first ones fill caches, and now and then one is reloaded.
      for (let round = 0; round < 5; round++) {
        log.texts.length = 0
        const answer = await call({ ...one, ...(token && { token }) })
        if (!fewest || log.texts.length < fewest.length) fewest = [...log.texts]
        if (token) token = answer.refreshJwt
        if (one.token && !token) throw new Error('A refresh was refused')
      }
      const value = fewest?.length ?? Number.NaN
      const target = one.most === undefined ? {} : { target: atMost(value, one.most) }
      bench.report.add({
        measure: 'statements',
        name: one.name,
        value,
        unit: 'trips',
        raw: (fewest ?? []).join(' · '),
        ...target,
      })
    }
  } finally {
    log.restore()
    await auth.close()
  }
}

async function calls(
  { projectId, rotatingProjectId }: { readonly projectId: string; readonly rotatingProjectId: string },
  call: (call: Call) => Promise<{ readonly refreshJwt?: string }>,
): Promise<readonly Call[]> {
  const own = { ip: '127.0.0.1' }
  const stranger = { ip: '203.0.113.7' }
  const signIn = { path: 'password/signin', body: { loginId: loginIdOf('known', 0), password } }
  const wrong = { path: 'password/signin', body: { loginId: loginIdOf('known', 1), password: 'wrong' } }
  const tokenIn = async (project: string) => (await call({ name: '', ...own, ...signIn, projectId: project })).refreshJwt ?? ''
  const token = await tokenIn(projectId)
  const rotating = await tokenIn(rotatingProjectId)
  return [
    { name: 'sign-in from an own back end', ...own, ...signIn, most: 4 },
    { name: 'sign-in from an unknown address', ...stranger, ...signIn, most: 4 },
    { name: 'sign-in with a wrong password', ...stranger, ...wrong },
    { name: 'refresh', ...own, path: 'refresh', body: {}, token, most: 3 },
    {
      name: 'refresh, rotating',
      ...own,
      path: 'refresh',
      body: {},
      token: rotating,
      projectId: rotatingProjectId,
      most: 3,
    },
    { name: 'send reset', ...stranger, path: 'password/reset', body: { loginId: loginIdOf('known', 2) } },
  ]
}

/** Listens in on the driver. */
function recordQueries(): { readonly texts: string[]; restore(): void } {
  const texts: string[] = []
  const original = pg.Client.prototype.query
  const recording = function (this: unknown, ...given: unknown[]): unknown {
    const [query] = given as [string | { readonly text: string; readonly statements?: readonly { readonly text: string }[] }]
    // What leaves in one go is one round trip.
    const sent = typeof query === 'string' ? [{ text: query }] : (query.statements ?? [query])
    texts.push(sent.map(({ text }) => shortText(text)).join(' + '))
    return Reflect.apply(original, this, given)
  }
  pg.Client.prototype.query = recording as typeof original
  const restore = () => {
    pg.Client.prototype.query = original
  }
  return { texts, restore }
}

/** The verb and the table. */
function shortText(text: string): string {
  const [verb = '', ...rest] = text.trim().toLowerCase().replaceAll('"', '').split(/\s+/)
  if (!['select', 'insert', 'update', 'delete', 'with'].includes(verb)) return verb
  const at = verb === 'update' ? -1 : rest.findIndex((word) => word === (verb === 'insert' ? 'into' : 'from'))
  const named = rest.slice(at + 1).find((word) => /^[a-z_]+$/.test(word) && word !== 'select')
  return `${verb} ${named ?? ''}`.trim()
}
