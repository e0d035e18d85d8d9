/** A department of the made-up shop: what it sells, and of what make. */
export interface Department {
  readonly category: string;
  /** Bought again and again when true. */
  readonly consumable: boolean;
  readonly medianPrice: number;
  readonly makes: readonly string[];
  readonly goods: readonly string[];
}

export const DEPARTMENTS: readonly Department[] = [
  {
    category: 'coffee and tea',
    consumable: true,
    medianPrice: 9,
    makes: ['Ethiopian', 'Colombian', 'Smoky', 'First Flush', 'House', 'Organic', 'Dark', 'Decaf'],
    goods: [
      'Espresso Beans',
      'Filter Coffee',
      'Assam Tea',
      'Earl Grey',
      'Green Tea',
      'Cold Brew',
      'Chai Blend',
      'Oolong',
    ],
  },
  {
    category: 'kitchen',
    consumable: false,
    medianPrice: 28,
    makes: ['Copper', 'Cast Iron', 'Enamel', 'Olive Wood', 'Stoneware', 'Steel', 'Blue Glazed', 'Marble'],
    goods: [
      'Teapot',
      'Saucepan',
      'Mixing Bowl',
      'Bread Knife',
      'Chopping Board',
      'Casserole',
      'Pepper Mill',
      'Cake Stand',
    ],
  },
  {
    category: 'garden',
    consumable: false,
    medianPrice: 24,
    makes: ['Terracotta', 'Galvanised', 'Cedar', 'Folding', 'Long-Handled', 'Rustic', 'Woven', 'Hanging'],
    goods: ['Planter', 'Watering Can', 'Trowel', 'Bird Table', 'Lantern', 'Seed Tray', 'Bench', 'Trellis'],
  },
  {
    category: 'running',
    consumable: false,
    medianPrice: 62,
    makes: ['Lightweight', 'Reflective', 'Merino', 'Trail', 'Windproof', 'Cushioned', 'Winter', 'Race Day'],
    goods: ['Running Shoes', 'Jacket', 'Shorts', 'Headlamp', 'Socks', 'Hydration Vest', 'Gloves', 'Watch Strap'],
  },
  {
    category: 'children',
    consumable: false,
    medianPrice: 18,
    makes: ['Wooden', 'Pocket', 'Glow-in-the-Dark', 'Woodland', 'Dinosaur', 'Circus', 'Giant', 'Musical'],
    goods: [
      'Puzzle',
      'Train Set',
      'Night Light',
      'Building Blocks',
      'Picture Book',
      'Kite',
      'Tea Set',
      'Rocking Horse',
    ],
  },
  {
    category: 'stationery',
    consumable: true,
    medianPrice: 7,
    makes: ['Dotted', 'Linen-Bound', 'Recycled', 'Midnight Blue', 'Botanical', 'Pocket', 'Refillable', 'Letterpress'],
    goods: [
      'Notebook',
      'Fountain Pen',
      'Ink Bottle',
      'Wall Calendar',
      'Gift Wrap',
      'Card Set',
      'Washi Tape',
      'Sketchbook',
    ],
  },
  {
    category: 'skin care',
    consumable: true,
    medianPrice: 16,
    makes: ['Lavender', 'Oat', 'Rosehip', 'Sea Salt', 'Almond', 'Unscented', 'Bergamot', 'Calendula'],
    goods: ['Hand Cream', 'Face Oil', 'Bar Soap', 'Body Scrub', 'Lip Balm', 'Shampoo', 'Day Cream', 'Bath Salts'],
  },
  {
    category: 'lighting',
    consumable: false,
    medianPrice: 74,
    makes: ['Brass', 'Paper', 'Rattan', 'Smoked Glass', 'Walnut', 'Concrete', 'Opal', 'Clip-On'],
    goods: [
      'Desk Lamp',
      'Pendant',
      'Floor Lamp',
      'Wall Light',
      'Table Lamp',
      'Light Chain',
      'Reading Lamp',
      'Candle Holder',
    ],
  },
  {
    category: 'dogs and cats',
    consumable: true,
    medianPrice: 12,
    makes: ['Salmon', 'Grain-Free', 'Rope', 'Felt', 'Orthopaedic', 'Puppy', 'Catnip', 'Waxed Cotton'],
    goods: ['Treats', 'Chew Toy', 'Bed', 'Collar', 'Dry Food', 'Scratching Post', 'Lead', 'Travel Bowl'],
  },
  {
    category: 'bicycles',
    consumable: false,
    medianPrice: 39,
    makes: ['Leather', 'Folding', 'Aluminium', 'Waterproof', 'USB', 'Commuter', 'Vintage', 'Tubeless'],
    goods: ['Saddle', 'Pannier', 'Bell', 'Front Light', 'Lock', 'Tyre', 'Bottle Cage', 'Pump'],
  },
  {
    category: 'music',
    consumable: false,
    medianPrice: 45,
    makes: ['Concert', 'Travel', 'Maple', 'Clip-On', 'Vintage', 'Student', 'Bluetooth', 'Brushed'],
    goods: ['Ukulele', 'Tuner', 'Record Player', 'Headphones', 'Kalimba', 'Metronome', 'Music Stand', 'Harmonica'],
  },
  {
    category: 'bedding',
    consumable: false,
    medianPrice: 52,
    makes: ['Washed Linen', 'Flannel', 'Percale', 'Quilted', 'Wool', 'Striped', 'Waffle', 'Down'],
    goods: ['Duvet Cover', 'Pillow Case', 'Throw', 'Mattress Topper', 'Blanket', 'Sheet Set', 'Cushion', 'Eye Mask'],
  },
];
