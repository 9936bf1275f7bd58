// The provider that both sides call: a process of its own, so that its work is not counted.
import { createServer } from 'node:http'

const body = JSON.stringify({
  id: 'pi_3MtwBwLkdIwHu7ix28a3tqPa',
  object: 'payment_intent',
  amount: 1999,
  currency: 'eur',
  status: 'requires_confirmation',
  metadata: { order_id: '7' },
  livemode: false,
})

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume()
  request.on('end', () => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'request-id': 'req_1',
      'content-length': body.length,
    })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('disconnect', () => process.exit())
