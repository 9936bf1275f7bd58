/** Loopback, metadata services and other hosts inside, as they are written to slip past a check. */
export const oddHosts: readonly string[] = `
2130706433 017700000001 0x7f000001 0177.0.0.1 0x7f.0.0.1 127.1 127.0.1 0x7f.1 0 2852039166 0xa9fea9fe
127.0.0.1. localhost. LOCALHOST １２７.0.0.1 ①②⑦.0.0.1 127。0。0。1
[::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [::ffff:a9fe:a9fe]
[64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [fe80::1%25lo] [::1%lo] [fd00:ec2::254]
`
  .trim()
  .split(/\s+/)

/** Addresses that are no plain `http(s)://host[:port]`, or are read differently by different readers; `{port}` is to be filled in. */
export const oddUrls: readonly string[] = [
  'http://127.0.0.1:{port}\r\nhost: example.com',
  'http://exa\tmple.com@127.0.0.1:{port}/',
  ...String.raw`
http://example.com\@127.0.0.1:{port}/ http://127.0.0.1:{port}\@example.com/ \\127.0.0.1:{port}\
http://example.com@127.0.0.1:{port}/ http://example.com#@127.0.0.1:{port}/
//127.0.0.1:{port}/ http:/127.0.0.1:{port}/ http:127.0.0.1:{port}
file:///etc/passwd data:text/plain,x ftp://127.0.0.1:{port}/ gopher://127.0.0.1:{port}/ ws://127.0.0.1:{port}/
unix:/tmp/x.sock http+unix://%2Ftmp%2Fx.sock/ blob:http://127.0.0.1:{port}/x javascript:0 about:blank
`
    .trim()
    .split(/\s+/),
]
