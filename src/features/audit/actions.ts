import type { EventPattern, EventRecord } from '../../core/storage.ts'

/**
 * The contract's names of actions (https://docs.descope.com/audit-trails-and-integrations/audit-events) for our events. What has no name there keeps the name of its type;
 * events that applications write have the name that they were given.
 */
const named: readonly (readonly [action: string, patterns: readonly EventPattern[]])[] = [
  ['LoginSucceed', [{ type: 'session.start' }, { type: 'jwt.impersonate', outcome: 'success' }]],
  [
    'LoginFailed',
    [
      { type: 'password.signIn' },
      ...['otp.verify', 'enchantedLink.verify', 'jwt.impersonate'].map((type) => ({ type, outcome: 'failure' as const })),
    ],
  ],
  ['UserCreated', ['password.signUp', 'jwt.signUp', 'user.signUp', 'user.create'].map((type) => ({ type }))],
  ['UserModified', ['update', 'status', 'loginId', 'roles', 'tenants', 'verify'].map((verb) => ({ type: `user.${verb}` }))],
  ['UserDeleted', [{ type: 'user.delete' }]],
  ['AccessKeyCreated', [{ type: 'accessKey.create' }]],
  ['AccessKeyModified', ['update', 'activate', 'deactivate', 'rotate'].map((verb) => ({ type: `accessKey.${verb}` }))],
  ['AccessKeyDeleted', [{ type: 'accessKey.delete' }]],
  ['PermissionCreated', [{ type: 'permission.create' }]],
  ['PermissionModified', [{ type: 'permission.update' }]],
  ['PermissionDeleted', [{ type: 'permission.delete' }]],
  ['ProjectDeleted', [{ type: 'project.delete' }]],
]

/** What the types of events that applications write begin with, so that none passes for one of ours. */
const ownPrefix = 'audit.event:'

export function typeOfOwn(action: string): string {
  return `${ownPrefix}${action}`
}

export function isOwn(type: string): boolean {
  return type.startsWith(ownPrefix)
}

export function actionOf({ type, outcome }: Pick<EventRecord, 'type' | 'outcome'>): string {
  if (isOwn(type)) return type.slice(ownPrefix.length)
  const isOne = (pattern: EventPattern) => pattern.type === type && (pattern.outcome ?? outcome) === outcome
  return named.find(([, patterns]) => patterns.some(isOne))?.[0] ?? type
}

/** The events that a name stands for, which may be the contract's, ours, or an application's. */
export function eventsNamed(action: string): readonly EventPattern[] {
  return [...(named.find(([name]) => name === action)?.[1] ?? []), { type: action }, { type: typeOfOwn(action) }]
}

/** Events whose name in the contract holds a text, without regard to case. */
export function eventsNamedLike(text: string): readonly EventPattern[] {
  return named.filter(([name]) => name.toLowerCase().includes(text.toLowerCase())).flatMap(([, patterns]) => patterns)
}

/** Whether the name is one of the contract's, or of a type of ours that has one: an application may not write such events. */
export function isReserved(action: string): boolean {
  return named.some(([name, patterns]) => name === action || patterns.some(({ type }) => type === action))
}

/** Every type that has a name in the contract. */
export const namedTypes: readonly string[] = named.flatMap(([, patterns]) => patterns.map(({ type }) => type))
