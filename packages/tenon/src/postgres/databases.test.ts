import { afterEach, describe, expect, test } from 'vitest'
import { joinDatabases, requireSole } from './databases.ts'
import { usePostgres } from './postgres.fixture.ts'
import { openDatabase, type Database } from './postgres.ts'

const server = usePostgres()
const opened: Database[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()))
})

async function database(): Promise<Database> {
  const url = server().url(await server().newDatabase())
  const one = openDatabase({ url, unavailable: 'STORE_UNAVAILABLE' })
  opened.push(one)
  return one
}

const tenants = Array.from({ length: 40 }, (_, index) => `tenant-${index}`)

describe('CLU: several databases', () => {
  test('where a tenant was settled it stays, for every node and in whatever order they are named', async () => {
    const [a, b, c] = [await database(), await database(), await database()]
    const one = await joinDatabases([a, b])
    const homes = new Map<string, string>()
    for (const tenant of tenants) homes.set(tenant, await one.placement.settle(tenant))
    expect(new Set(homes.values()).size).toBe(2)
    const two = await joinDatabases([b, a])
    expect(two.places.map(({ name, index }) => [name, index])).toEqual(
      one.places.map(({ name, index }) => [name, 1 - index]),
    )
    for (const tenant of tenants) expect(two.placement.known(tenant)).toBe(homes.get(tenant))
    expect(await one.placement.find('nobody')).toBe(await two.placement.find('nobody'))
    expect(one.placement.known('nobody')).toBeNull()

    const grown = await joinDatabases([a, c, b])
    for (const tenant of tenants) expect(await grown.placement.settle(tenant)).toBe(homes.get(tenant))
    const later = await Promise.all(tenants.map((tenant) => grown.placement.settle(`later-${tenant}`)))
    expect(new Set(later).size).toBe(3)
    // A node of before, which does not know the third, writes nothing of those who live there.
    const away = tenants.find((_, index) => !one.places.some(({ name }) => name === later[index]))
    await expect(one.placement.settle(`later-${away}`)).rejects.toMatchObject({ code: 'DATABASE_UNUSABLE' })
  })

  test('of two nodes that settle a tenant at once both say the same', async () => {
    const given = [await database(), await database()]
    const [one, two] = await Promise.all([joinDatabases(given), joinDatabases(given)])
    expect(one.places).toEqual(two.places)
    for (const tenant of tenants) {
      const [left, right] = await Promise.all([one.placement.settle(tenant), two.placement.settle(tenant)])
      expect(left).toBe(right)
    }
  })

  test('another list is refused, and so is a list with one of them twice, or with a database of others', async () => {
    const [a, b, c] = [await database(), await database(), await database()]
    await requireSole(a)
    await joinDatabases([a, b])
    const refused = { code: 'DATABASE_UNUSABLE' }
    await expect(requireSole(b)).rejects.toThrow(`consists of ${a.name} and ${b.name}`)
    await expect(joinDatabases([a, c])).rejects.toThrow('Give every node the same databases')
    await expect(joinDatabases([a, a])).rejects.toThrow('named twice')
    await b.query('CREATE TABLE document (tenant TEXT)')
    const d = await database()
    await joinDatabases([c, d])
    await expect(joinDatabases([a, b, c])).rejects.toMatchObject(refused)
  })

  test('who lived in the first while it was the only one stays there; nothing is taken in while nodes are at work', async () => {
    const [a, b] = [await database(), await database()]
    await a.query('CREATE SCHEMA tenon')
    await a.query('CREATE TABLE tenant (tenant TEXT)')
    await a.query("CREATE TABLE node AS SELECT now() + interval '1 hour' AS expires")
    for (const tenant of tenants) await a.query(`INSERT INTO tenant VALUES ('${tenant}')`)
    await expect(joinDatabases([a, b])).rejects.toThrow('in use by 1 of its nodes')
    await a.query('DELETE FROM node')
    await expect(joinDatabases([b, a])).rejects.toThrow('holds an installation of its own')
    const { placement, places } = await joinDatabases([a, b])
    for (const tenant of tenants) expect(placement.known(tenant)).toBe(places[0]?.name)
  })

  test('a database is taken away when nobody lives there; who does is named', async () => {
    const [a, b, c] = [await database(), await database(), await database()]
    const { placement, places } = await joinDatabases([a, b, c])
    const [, , third] = places
    for (const tenant of tenants) await placement.settle(tenant)
    const there = tenants.filter((tenant) => placement.known(tenant) === third?.name).toSorted()
    const given = [a, b, c].filter((_, index) => index !== third?.index)
    await expect(joinDatabases(given)).rejects.toThrow(
      `was not given ${third?.title}, where ${there.slice(0, 5).join(', ')} and others live. Give every node the same databases. To take one away, first move`,
    )
    await a.query(`UPDATE placement SET place = '${places[0]?.name}'`)
    await a.query("CREATE TABLE node AS SELECT now() + interval '1 hour' AS expires")
    await expect(joinDatabases(given)).rejects.toThrow('in use by 1 of its nodes')
    await a.query('DELETE FROM node')
    expect((await joinDatabases(given)).places.map(({ name }) => name)).toEqual(
      places.slice(0, 2).map(({ name }) => name),
    )
    await expect(requireSole(c)).rejects.toThrow('Give every node the same databases')
    // The first is what is left in the end.
    await requireSole(a)
    expect((await joinDatabases([a])).places).toHaveLength(1)
  })
})
