// Side A: what a good plain program does, without any durability. It is the most that Node can do here.
import { type PaymentEvent, toPayment, toShipment } from './mapping.ts'
import { gate, poster, serve } from './plain.ts'

const [port, sinkOne, sinkTwo] = process.argv.slice(2) as [string, string, string]

const inProgress = gate(256)
const book = poster(sinkOne, '/bookings')
const ship = poster(sinkTwo, '/shipments')

async function run(event: PaymentEvent): Promise<void> {
  try {
    const payment = toPayment(event.id, event.data.object)
    const booking = (await book(payment)) as { number: number }
    await ship(toShipment(payment, booking))
  } catch (error) {
    console.error(error)
  } finally {
    inProgress.leave()
  }
}

serve(Number(port), async (event) => {
  await inProgress.enter()
  void run(event)
})
