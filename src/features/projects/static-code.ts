import type { Rights } from '../../core/management-keys.ts'
import type { Settings } from '../../core/settings.ts'

/** The static code of test users signs in as them, so it is for keys that may make such codes (MG-05). */

/** Whether a key may know and set the static code. */
export function maySeeCodes(rights: Rights): boolean {
  return !rights.isReadOnly && !rights.denied.includes('testCodes')
}

/** Settings as a key may see them: the static code is empty where it may not. */
export function shownSettings(settings: Settings, rights: Rights): Settings {
  return maySeeCodes(rights) ? settings : withoutStaticCode(settings)
}

/** For files, which get around: no code in them. */
export function withoutStaticCode(settings: Settings): Settings {
  return { ...settings, project: { ...settings.project, testUserFixedAuthToken: '' } }
}
