import { auth0 } from './auth0.ts'
import { cognito } from './cognito.ts'
import { csv } from './csv.ts'
import { descope } from './descope.ts'
import { firebase } from './firebase.ts'
import type { Format } from './format.ts'
import { keycloak } from './keycloak.ts'
import { postern } from './postern.ts'
import { supabase } from './supabase.ts'

/** Every format that users can come in, by name. */
export const formats: ReadonlyMap<string, Format> = new Map(
  [postern, descope, auth0, firebase, keycloak, supabase, cognito, csv].map((format) => [format.name, format]),
)
