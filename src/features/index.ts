// Every feature, one line each. The order is that of the documentation.

export { accessKeys } from './access-keys/index.ts'
export { health } from './health/index.ts'
export { jwt } from './jwt/index.ts'
export { keys } from './keys/index.ts'
export { magicLink } from './magic-link/index.ts'
export { managementKeys } from './management-keys/index.ts'
export { outbox } from './outbox/index.ts'
export { password } from './password/index.ts'
export { projects } from './projects/index.ts'
export { roles } from './roles/index.ts'
export { session } from './session/index.ts'
export { users } from './users/index.ts'
