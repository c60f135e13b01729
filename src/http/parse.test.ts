import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { parsed } from './parse.ts'
import { synonyms, Text } from './schemas.ts'

const Body = synonyms(
  { size: 'limit', title: 'name' },
  z.object({
    name: Text(5).min(1),
    limit: z.int().min(1).max(200).optional(),
    code: Text(6).min(6).optional(),
    order: z.enum(['up', 'down']).optional(),
    expireTime: z.int().min(0).max(2_147_483_647).optional(),
    flag: z.boolean().optional(),
  }),
)

describe('5.2: the message says what a field must be, and never what was sent', () => {
  const cases: readonly [object, string][] = [
    [{}, 'The name field is required'],
    [{ name: '' }, 'The name field is required'],
    [{ title: '' }, 'The name field is required'],
    [{ title: 'secret' }, 'The name field is longer than 5'],
    [{ name: 'a', limit: 777 }, 'The limit field must be at most 200'],
    [{ name: 'a', size: 777 }, 'The limit field must be at most 200'],
    [{ name: 'a', size: 0 }, 'The limit field must be at least 1'],
    [{ name: 'a', size: 'secret' }, 'The limit field is invalid'],
    [{ name: 'a', code: 'abc' }, 'The code field is shorter than 6'],
    [{ name: 'a', order: 'secret' }, 'The order field must be one of up, down'],
    [{ name: 'a', expireTime: 1e12 }, 'The expireTime field is invalid'],
    [{ name: 'a', expireTime: -1 }, 'The expireTime field must be at least 0'],
    [{ name: 'a', flag: 'secret' }, 'The flag field is invalid'],
    [{ name: '\u0000' }, 'The name field is invalid'],
  ]
  for (const [sent, message] of cases) {
    test(JSON.stringify(sent), () => assert.throws(() => parsed(Body, sent), { message }))
  }
})
