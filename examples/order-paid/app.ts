import { shiprocketSimulator } from '@tenon/connectors/shiprocket/simulator'
import { shopSimulator } from '@tenon/connectors/shop/simulator'
import { stripeSimulator } from '@tenon/connectors/stripe/simulator'
import { whatsappSimulator } from '@tenon/connectors/whatsapp/simulator'
import { defineApp } from 'tenon'
import { orderPaid } from './order-paid.ts'

export default defineApp({
  flows: [orderPaid],
  simulators: [stripeSimulator, shopSimulator, shiprocketSimulator, whatsappSimulator],
})
