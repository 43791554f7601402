/** What the sample CRM holds when it starts. Names and addresses are made up; `.example` belongs to nobody (RFC 2606). */

export interface ContactFields {
  readonly name: string;
  readonly email: string;
  readonly company?: string;
  readonly city?: string;
}

export interface Contact extends ContactFields {
  readonly id: string;
  readonly createdAt: string;
}

export interface Order {
  readonly id: string;
  readonly contactId: string;
  readonly product: string;
  readonly amount: number;
  readonly currency: 'EUR';
  readonly state: 'open' | 'shipped' | 'paid' | 'returned';
  readonly orderedAt: string;
}

export const firstContacts: readonly Contact[] = [
  contact(
    '101',
    'Maeve Brennan',
    'maeve@northwharf.example',
    'North Wharf Coffee',
    'Galway',
    '2026-01-12',
  ),
  contact(
    '102',
    'Tomás Ferreira',
    'tomas@lanterna.example',
    'Lanterna Books',
    'Porto',
    '2026-02-03',
  ),
  contact(
    '103',
    'Ingrid Solberg',
    'ingrid@fjordline.example',
    'Fjordline Outdoor',
    'Bergen',
    '2026-02-27',
  ),
  contact(
    '104',
    'Amara Okafor',
    'amara@okaforlegal.example',
    'Okafor Legal',
    'London',
    '2026-04-16',
  ),
  contact('105', 'Jan Dvořák', 'jan@dvorakbikes.example', 'Dvořák Bikes', 'Brno', '2026-06-08'),
];

export const orders: readonly Order[] = [
  order('9001', '101', 'Paper cups, 2,000', 138, 'paid', '2026-03-02'),
  order('9002', '103', 'Window stickers, 50', 74.5, 'paid', '2026-03-19'),
  order('9003', '101', 'Menu boards, 4', 212, 'shipped', '2026-05-11'),
  order('9004', '105', 'Gift cards, 300', 96.9, 'returned', '2026-06-22'),
  order('9005', '104', 'Letterheads, 1,000', 164, 'open', '2026-07-30'),
];

function contact(
  id: string,
  name: string,
  email: string,
  company: string,
  city: string,
  day: string,
): Contact {
  return { id, name, email, company, city, createdAt: `${day}T09:00:00.000Z` };
}

function order(
  id: string,
  contactId: string,
  product: string,
  amount: number,
  state: Order['state'],
  day: string,
): Order {
  return {
    id,
    contactId,
    product,
    amount,
    currency: 'EUR',
    state,
    orderedAt: `${day}T14:30:00.000Z`,
  };
}
