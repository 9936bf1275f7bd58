import { describe, expect, test } from 'vitest'
import { apiKey, type ApiKeyPlace } from '../../definition/auth/api-key.ts'
import { opened, signed } from './scheme.fixture.ts'

const withKey = (place: ApiKeyPlace, key: string) => opened(apiKey('apiKey', 'API key', place), { apiKey: key })

describe('an API key', () => {
  test('stands in the header that is named, behind its prefix', async () => {
    const plain = await signed(await withKey({ header: 'X-Api-Key' }, 'canary-1'), {})
    expect(plain.headers).toEqual(['x-api-key', 'canary-1'])
    const prefixed = await signed(await withKey({ header: 'authorization', prefix: 'token ' }, 'canary-1'), {})
    expect(prefixed.header('authorization')).toBe('token canary-1')
  })

  test('stands in the query, encoded, beside what is there', async () => {
    const authentication = await withKey({ query: 'api key' }, 'a+b&c=ä')
    expect((await signed(authentication, { path: '/x' })).path).toBe('/x?api%20key=a%2Bb%26c%3D%C3%A4')
    expect((await signed(authentication, { path: '/x?y=1' })).path).toBe('/x?y=1&api%20key=a%2Bb%26c%3D%C3%A4')
  })

  test('stands in a cookie; there is one Cookie header', async () => {
    const authentication = await withKey({ cookie: 'session' }, 'canary-1')
    expect((await signed(authentication, {})).headers).toEqual(['cookie', 'session=canary-1'])
    expect((await signed(authentication, { headers: ['cookie', 'lang=en'] })).headers).toEqual([
      'cookie',
      'lang=en; session=canary-1',
    ])
  })

  test.each(['abc', 'canary & key/with+signs'])('SEC-11: the key %j in the query is never shown', async (key) => {
    const authentication = await withKey({ query: 'key' }, key)
    const { path } = await signed(authentication, { path: '/x?y=1' })
    expect(authentication.redact(`GET https://api.example.com${path}`)).toBe(
      'GET https://api.example.com/x?y=1&[secret]',
    )
  })

  test.each<[ApiKeyPlace, string]>([
    [{ header: 'x-key' }, 'two\nlines'],
    [{ header: 'x-key' }, ''],
    [{ query: 'key' }, 'key\n'],
    [{ cookie: 'key' }, 'a;b'],
    [{ cookie: 'key' }, 'ä'],
  ])('SEC-11: what %j cannot carry is refused by its field, without its value', async (place, key) => {
    await expect(withKey(place, key)).rejects.toMatchObject({ code: 'APP_INVALID', details: { field: 'apiKey' } })
    if (key.length > 2) await expect(withKey(place, key)).rejects.toThrow(expect.not.stringContaining(key))
  })
})
