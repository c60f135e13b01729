import { jsonLines } from '../reading/json-lines.ts'
import { type Format, type Mapped, shapeProblems } from './format.ts'
import { Definition, fileVersion, Header, UserLine } from './postern-lines.ts'

/** Our own export, exactly: what does not fit is refused, and nothing is made up. */
export const postern: Format = {
  name: 'postern',
  isExact: true,
  records: jsonLines,
  opening(value) {
    const read = Header.safeParse(value)
    if (read.success && read.data.version === fileVersion) return undefined
    const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined
    return typeof version === 'number' && version > fileVersion
      ? `it is of version ${version}, and this program knows ${fileVersion} at most`
      : 'the first line is not the header of an export'
  },
  map: mapLine,
}

function mapLine(value: unknown): Mapped {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  if (kind === 'header') return { definition: undefined }
  if (kind !== 'user') {
    const read = Definition.safeParse(value)
    return read.success ? { definition: read.data } : { problems: shapeProblems(read.error) }
  }
  const read = UserLine.safeParse(value)
  if (!read.success) return { problems: shapeProblems(read.error) }
  const { kind: _kind, ...user } = read.data
  return { user }
}
