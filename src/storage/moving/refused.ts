/** A move that cannot be made, or was given up: the source works as before. The message says what to do. */
export class MoveRefused extends Error {
  override readonly name = 'MoveRefused'
}
