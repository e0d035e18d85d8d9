import { describe, expect, it } from 'vitest';
import { describePlan, type LogOptions, openLog, PRESETS, parseMapping, presetByName } from '../src/index.js';
import { codeOf, inShort, NOW_MS, verdictsOf, written } from './written.js';

async function planOf(content: string, options: Partial<LogOptions> = {}, name = 'log.csv') {
  const log = await openLog({ path: written(name, content) }, { nowMs: NOW_MS, ...options });
  await log.close();
  return log.plan;
}
const usedIn = (plan: Awaited<ReturnType<typeof planOf>>) =>
  Object.fromEntries(Object.entries(plan.used).map(([field, column]) => [field, column.name]));

describe('parseMapping', () => {
  it('reads columns and a constant type', () => {
    expect(parseMapping('user=customer, item = sku,type:purchase,time=ts')).toEqual({
      columns: { user: 'customer', item: 'sku', time: 'ts' },
      constantType: 'purchase',
    });
  });

  it.each(['', 'user', 'user=', 'usr=a', 'user=a,user=b', 'user:x', 'type=a,type:b', 'invoice=a'])(
    'refuses "%s"',
    async (text) => {
      expect(await codeOf(() => parseMapping(text))).toBe('MAPPING_INVALID');
    },
  );

  it('offers the nearest field', () => expect(() => parseMapping('itm=a')).toThrow('did you mean item?'));
});

describe('guessing from the header', () => {
  it.each([
    ['userId,movie,itemId,ts\na,b,c,1', { user: 'userId', item: 'itemId', time: 'ts' }],
    [
      'customer_id;sku;event;date;qty\na,;b;c;1;2',
      { user: 'customer_id', item: 'sku', type: 'event', time: 'date', value: 'qty' },
    ],
    ['Customer ID|Product ID|Product Name\n1|2|3', { user: 'Customer ID', item: 'Product ID', title: 'Product Name' }],
    [
      'visitor\tproduct\taction\tcreated_at\n1\t2\t3\t4',
      { user: 'visitor', item: 'product', type: 'action', time: 'created_at' },
    ],
  ])('%s', async (content, used) => expect(usedIn(await planOf(content))).toEqual(used));

  it('says what was guessed, what is not used and which type lines get', async () => {
    const plan = await planOf('user,item,rating,colour\na,b,3,red');
    const text = describePlan(plan).join('\n');
    expect(plan.chosenBy).toBe('guess');
    expect(plan.constantType).toBe('rating');
    expect(text).toContain('guessed from the columns');
    expect(text).toMatch(/user +← user/);
    expect(text).toContain('not used: colour');
    expect(text).toContain('all lines are taken as rating');
    expect(text).toContain('no column of times');
  });

  it('a plan is plain JSON', async () => {
    const plan = await planOf('user,item\na,b');
    expect(JSON.parse(JSON.stringify(plan))).toMatchObject({ used: { user: { name: 'user', position: 0 } } });
  });

  it.each([
    [
      'uci-online-retail',
      'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,2,3,4,5,6,7,8',
    ],
    ['movielens', 'userId,movieId,rating,timestamp\n1,2,3,4'],
    ['retailrocket', 'timestamp,visitorid,event,itemid,transactionid\n1,2,3,4,'],
    ['amazon-sequence', 'user_id,item_id,position\n1,2,3'],
    ['events', 'user_id,item_id,type,time,value,id\n1,2,view,4,5,6'],
    [undefined, 'user_id,item_id,behavior,timestamp\n1,2,3,4'],
  ])('takes the preset %s', async (preset, content) => expect((await planOf(content)).preset).toBe(preset));

  it.each([
    ['colour,size\nred,1', 'the file has: colour, size'],
    ['user_id,size\nred,1', 'no column found for item'],
    ['user_id,user_id,item_id\n1,2,3', 'stands 2 times'],
    ['1,2,3\n4,5,6', 'a file without header takes numbers: user=1,item=2'],
  ])('refuses %s', async (content, message) => {
    await expect(planOf(content)).rejects.toMatchObject({
      code: 'MAPPING_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('lets a repeated column be that is not used', async () => {
    const plan = await planOf('user_id,note,item_id,note\n1,2,3,4');
    expect(plan.notes.join()).toContain('stand more than once');
  });
});

describe('--map', () => {
  it('takes names, also without case and separators, and offers the nearest', async () => {
    expect(usedIn(await planOf('Who,What\na,b', { map: 'user=who,item=What' }))).toEqual({ user: 'Who', item: 'What' });
    await expect(planOf('who,what\na,b', { map: 'user=whoo,item=what' })).rejects.toThrow('did you mean "who"?');
    await expect(planOf('who,what\na,b', { map: 'user=who,item=3' })).rejects.toThrow('the file has: who, what');
  });

  it('takes numbers for a file without header: the first line is data', async () => {
    const path = written('bare.tsv', 'a\tx\t1000000000\nb\ty\t1000000001\n');
    const verdicts = await verdictsOf(path, { map: 'user=1,item=2,time=3,type:click' });
    expect(inShort(verdicts)).toEqual(['1:a/x', '2:b/y']);
    expect(verdicts[0]).toMatchObject({ event: { type: 'click', timeMs: 1e12 } });
  });

  it('takes numbers also where there is a header', async () => {
    expect(inShort(await verdictsOf(written('a.csv', 'user_id,item_id\na,x\n'), { map: 'user=1,item=2' }))).toEqual([
      '2:a/x',
    ]);
  });

  it('changes a preset column by column', async () => {
    const plan = await planOf('userId,movieId,rating,timestamp,seen\n1,2,3,4,5', {
      preset: 'movielens',
      map: 'time=seen',
    });
    expect(usedIn(plan)).toEqual({ user: 'userId', item: 'movieId', value: 'rating', time: 'seen' });
  });

  it('reaches into JSON with dotted paths', async () => {
    const path = written('deep.jsonl', '{"who":{"id":7},"what":"x","a.b":1}\n{"who":null,"what":"y"}\n');
    expect(inShort(await verdictsOf(path, { map: 'user=who.id,item=what,value=a.b' }))).toEqual([
      '1:7/x',
      '2:USER_MISSING',
    ]);
  });
});

describe('presets', () => {
  it('are found by name and alias', () => {
    for (const preset of PRESETS) expect(presetByName(preset.name)).toBe(preset);
    expect(presetByName('gowalla').name).toBe('pairs');
    expect(() => presetByName('movielen')).toThrow('did you mean movielens?');
  });

  it('movielens reads ratings with and without header', async () => {
    const csv = await verdictsOf(written('ratings.csv', 'userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n'));
    expect(csv).toMatchObject([
      { event: { userId: '1', itemId: '31', type: 'rating', value: 2.5, timeMs: 1260759144000 } },
    ]);
    const bare = await verdictsOf(written('u.data', '196\t242\t3\t881250949\n186\t302\t3\t891717742\n'), {
      preset: 'movielens',
    });
    expect(bare).toMatchObject([
      { lineNumber: 1, event: { userId: '196', itemId: '242', value: 3 } },
      { lineNumber: 2 },
    ]);
  });

  it('retailrocket reads the publisher’s file and ours', async () => {
    const original =
      'timestamp,visitorid,event,itemid,transactionid\n1433221332117,257597,view,355908,\n1433221332118,1,addtocart,2,\n1433221332119,1,transaction,2,99\n';
    const verdicts = await verdictsOf(written('events.csv', original));
    expect(
      verdicts.map((verdict) => verdict.kind === 'event' && [verdict.event.type, verdict.event.properties]),
    ).toEqual([
      ['view', undefined],
      ['cart', undefined],
      ['purchase', { transaction: '99' }],
    ]);
    const ours = await verdictsOf(
      written('ours.tsv', 'user_id\titem_id\tbehavior\ttimestamp\n1\t2\tbuy\t1430623510\n'),
      { preset: 'retailrocket' },
    );
    expect(ours).toMatchObject([{ event: { type: 'purchase', timeMs: 1430623510000 } }]);
  });

  it('pairs, lastfm and amazon-sequence have no times, and none are made up', async () => {
    const pairs = await verdictsOf(written('p.tsv', 'user_id\titem_id\n1\t2\n'), { preset: 'gowalla' });
    const plays = await verdictsOf(written('l.tsv', 'user_id\titem_id\tweight\n1\t2\t993\n'), { preset: 'lastfm' });
    const sequence = await verdictsOf(written('s.tsv', 'user_id\titem_id\tposition\n1\t2\t7\n'), {
      preset: 'amazon-sequence',
    });
    expect(pairs).toMatchObject([{ event: { type: 'view', timeMs: undefined, value: undefined } }]);
    expect(plays).toMatchObject([{ event: { type: 'play', timeMs: undefined, value: 993 } }]);
    expect(sequence).toMatchObject([{ event: { type: 'purchase', timeMs: undefined, properties: { position: 7 } } }]);
  });

  it('events are read as the API reads them', async () => {
    const line = {
      userId: 'u',
      itemId: 'i',
      type: 'Own',
      time: '2026-01-01',
      value: 2,
      id: 'mine',
      properties: { a: [1] },
    };
    const late = '{"userId":"u","itemId":"j","type":"view","time":1}';
    const [first, second] = await verdictsOf(written('e.jsonl', `${late}\n${JSON.stringify(line)}\n`));
    expect(first).toMatchObject({ event: { itemId: 'j', value: undefined } });
    expect(second).toMatchObject({ event: { id: 'mine', type: 'Own', value: 2, properties: { a: [1] } } });
  });

  it('generic logs: usual type names are understood, what stands for nothing is absent', async () => {
    const rows = ['u,i,Add_To_Cart,1', 'NaN,i,view,1', 'u,\\N,view,1', 'u,i,view,null', 'u,i,wishlisted,1', 'u,i,,1'];
    const verdicts = await verdictsOf(written('g.csv', `user,item,event,ts\n${rows.join('\n')}\n`));
    expect(verdicts.map((verdict) => (verdict.kind === 'event' ? verdict.event.type : verdict.code))).toEqual([
      'cart',
      'USER_MISSING',
      'ITEM_MISSING',
      'TIME_MISSING',
      'wishlisted',
      'TYPE_INVALID',
    ]);
  });
});
