import type { ProtocolCase } from '../protocol.suite.ts'

const types = `
  <xsd:schema targetNamespace="urn:erp:types" elementFormDefault="qualified">
    <xsd:simpleType name="State"><xsd:restriction base="xsd:string"><xsd:enumeration value="open"/><xsd:enumeration value="paid"/></xsd:restriction></xsd:simpleType>
    <xsd:simpleType name="Tags"><xsd:list itemType="xsd:token"/></xsd:simpleType>
    <xsd:complexType name="Money"><xsd:simpleContent><xsd:extension base="xsd:decimal"><xsd:attribute name="currency" type="xsd:string" use="required"/></xsd:extension></xsd:simpleContent></xsd:complexType>
    <xsd:complexType name="Party" abstract="true"><xsd:sequence><xsd:element name="name" type="xsd:string"/></xsd:sequence></xsd:complexType>
    <xsd:complexType name="Person"><xsd:complexContent><xsd:extension base="t:Party"><xsd:sequence><xsd:element name="born" type="xsd:date" minOccurs="0"/></xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType>
    <xsd:complexType name="Company"><xsd:complexContent><xsd:extension base="t:Party"><xsd:sequence><xsd:element name="vat" type="xsd:string"/></xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType>
    <xsd:complexType name="Line"><xsd:sequence><xsd:element name="sku" type="xsd:string"/><xsd:element name="count" type="xsd:int"/></xsd:sequence></xsd:complexType>
    <xsd:group name="Payment"><xsd:choice><xsd:element name="card" type="xsd:string"/><xsd:element name="invoice" type="xsd:boolean"/></xsd:choice></xsd:group>
    <xsd:complexType name="Order">
      <xsd:annotation><xsd:documentation>What somebody buys.</xsd:documentation></xsd:annotation>
      <xsd:sequence>
        <xsd:element name="number" type="xsd:long"/>
        <xsd:element name="state" type="t:State"/>
        <xsd:element name="buyer" type="t:Party"/>
        <xsd:element name="total" type="t:Money"/>
        <xsd:element name="lines" type="t:Line" minOccurs="0" maxOccurs="unbounded"/>
        <xsd:group ref="t:Payment"/>
        <xsd:element name="note" type="xsd:string" nillable="true" minOccurs="0"/>
        <xsd:element name="tags" type="t:Tags" minOccurs="0"/>
        <xsd:element name="parent" type="t:Order" minOccurs="0"/>
      </xsd:sequence>
      <xsd:attribute name="id" type="xsd:string"/>
    </xsd:complexType>
    <xsd:element name="Session"><xsd:complexType><xsd:sequence><xsd:element name="id" type="xsd:string"/></xsd:sequence></xsd:complexType></xsd:element>
    <xsd:element name="Refused"><xsd:complexType><xsd:sequence><xsd:element name="why" type="xsd:string"/></xsd:sequence></xsd:complexType></xsd:element>
    <xsd:element name="SaveOrder"><xsd:complexType><xsd:sequence><xsd:element name="order" type="t:Order"/></xsd:sequence></xsd:complexType></xsd:element>
    <xsd:element name="SaveOrderResponse"><xsd:complexType><xsd:sequence><xsd:element name="order" type="t:Order"/><xsd:element name="saved" type="xsd:dateTime"/></xsd:sequence></xsd:complexType></xsd:element>
    <xsd:element name="OrderNumber" type="xsd:long"/>
    <xsd:element name="FoundOrder" type="t:Order"/>
  </xsd:schema>`

/** A small ERP: a document with parts, one without, a header, types that extend others, lists, a choice, values that may be nil. */
export const erp = `<?xml version="1.0"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:erp:types" xmlns:e="urn:erp" targetNamespace="urn:erp">
  <types>${types}</types>
  <message name="SaveIn"><part name="parameters" element="t:SaveOrder"/></message>
  <message name="SaveOut"><part name="parameters" element="t:SaveOrderResponse"/></message>
  <message name="SessionHead"><part name="session" element="t:Session"/></message>
  <message name="RefusedFault"><part name="fault" element="t:Refused"/></message>
  <message name="FindIn"><part name="body" element="t:OrderNumber"/></message>
  <message name="FindOut"><part name="body" element="t:FoundOrder"/></message>
  <portType name="Orders">
    <operation name="SaveOrder"><documentation>Keeps an order.</documentation><input message="e:SaveIn"/><output message="e:SaveOut"/><fault name="Refused" message="e:RefusedFault"/></operation>
    <operation name="FindOrder"><input message="e:FindIn"/><output message="e:FindOut"/></operation>
  </portType>
  <binding name="OrdersSoap" type="e:Orders">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="SaveOrder"><soap:operation soapAction="urn:erp#save"/><input><soap:header message="e:SessionHead" part="session" use="literal"/><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>
    <operation name="FindOrder"><soap:operation soapAction="urn:erp#find"/><input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>
  </binding>
  <service name="Erp"><port name="OrdersPort" binding="e:OrdersSoap"><soap:address location="https://erp.example/soap/orders?v=1"/></port></service>
</definitions>`

const order = {
  id: 'o<1>',
  number: 9_007_199_254_740_993n,
  state: 'open',
  buyer: { $type: 'Company', name: 'Ä & <Co>', vat: 'DE1' },
  total: { $value: '12.10', currency: 'EUR' },
  lines: [{ sku: 'a', count: 2 }],
  invoice: true,
  note: null,
  tags: ['new', 'big'],
}

export const erpCases: readonly ProtocolCase[] = [
  {
    operation: 'saveOrder',
    input: { order, headers: { Session: { id: 's-1' } } },
    output: { order: { ...order, parent: { ...order, number: 7 } }, saved: '2026-01-01T00:00:00Z' },
  },
  {
    operation: 'findOrder',
    input: { OrderNumber: 7 },
    output: {
      ...order,
      lines: [
        { sku: 'a', count: 1 },
        { sku: 'b', count: 0 },
      ],
    },
  },
]
