import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { migrations } from '../../src/storage/migrations/index.ts'
import { databases } from '../databases.ts'
import { tamper } from '../security/dump.ts'
import { breakages, readCatalogue } from './catalogue.ts'
import { emptyDatabase, removeDatabases } from './empty-database.ts'
import { makeSchema } from './fixtures.ts'

after(removeDatabases)

/** Changes of a schema, with what a version that does not know of them would stumble over. */
const changes: readonly (readonly [statement: string, breakage: RegExp | undefined])[] = [
  ['create table fresh (id text not null primary key)', undefined],
  ['alter table users add column shoe_size integer', undefined],
  ['alter table users add column hat_size integer not null default 0', undefined],
  ['create index users_shoe_size on users (shoe_size)', undefined],
  ['drop index users_modified', undefined],
  ['alter table users rename column picture to portrait', /users\.picture is gone/],
  ['alter table sessions drop column user_agent', /sessions\.user_agent is gone/],
  ['drop table imports', /imports\.progress is gone/],
  ['create unique index users_one_name on users (project_id, name)', /the unique index users_one_name refuses rows/],
  ['drop index tenants_name', /the unique index tenants_name is gone/],
]

for (const { name } of databases) {
  test(`${name}: RL-10: what an older version would stumble over is found, and what it would not is let be`, async () => {
    const url = await emptyDatabase(name)
    await makeSchema(url, migrations.length)
    for (const [statement, breakage] of changes) {
      const before = await readCatalogue(url)
      await tamper({ url, storage: undefined as never, close: async () => undefined }, [statement])
      const found = breakages(before, await readCatalogue(url))
      if (breakage) assert.match(found.join('\n'), breakage, statement)
      else assert.deepEqual(found, [], statement)
    }
  })
}
