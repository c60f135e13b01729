import { defineErrors } from '../../core/errors.ts'

export const roleErrors = defineErrors({
  RoleAlreadyExists: { status: 400, wire: 'E111302', text: 'Role already exists' },
  PermissionNotFound: { status: 404, wire: 'E111201', text: 'Permission not found' },
  PermissionAlreadyExists: { status: 400, wire: 'E111202', text: 'Permission already exists' },
  PermissionIsBuiltIn: { status: 400, wire: 'E111203', text: 'Permission is built in', message: 'Built-in permissions cannot be changed' },
})
