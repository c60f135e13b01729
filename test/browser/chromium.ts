import { existsSync } from 'node:fs'

/** The browser for tests of our pages: Debian's, or the one that `POSTERN_TEST_CHROMIUM` names. */
export const chromiumPath = process.env.POSTERN_TEST_CHROMIUM || '/usr/bin/chromium'

/** Why pages cannot be tested here; `undefined` when they can. */
export const missingChromium = existsSync(chromiumPath)
  ? undefined
  : `there is no ${chromiumPath}: install chromium, or name one in POSTERN_TEST_CHROMIUM`

/** Nothing of the browser's own goes out: what the network sees is what pages ask for. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
]
