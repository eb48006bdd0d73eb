// Places the nodes of an acyclic graph in layers, so that edges point one way and cross little.
//
// Pure: names and edges in, numbers out. A node's layer is the longest way to it; an edge over several layers gets a place in each.

/** Rounds of putting each layer in the order of its neighbours. */
const ROUNDS = 6;

/** `{layers: [[item]], chains: Map}`: each item is a node's id, or a passing edge; `chains` has the items that each edge goes through. */
function layered(nodes, edges) {
  const incoming = new Map(nodes.map((id) => [id, []]));
  for (const { from, to } of edges) incoming.get(to)?.push(from);
  const depth = new Map();
  const deep = (id, path = new Set()) => {
    if (depth.has(id)) return depth.get(id);
    if (path.has(id)) return 0; // The ledger refuses cycles; a picture does not hang on one.
    path.add(id);
    const level = Math.max(-1, ...(incoming.get(id) ?? []).map((p) => deep(p, path))) + 1;
    path.delete(id);
    depth.set(id, level);
    return level;
  };
  nodes.forEach((id) => deep(id));
  const layers = Array.from({ length: Math.max(0, ...depth.values()) + 1 }, () => []);
  for (const id of nodes) layers[depth.get(id)].push({ id });
  const item = new Map(layers.flat().map((i) => [i.id, i]));
  const chains = edges.filter((e) => item.has(e.from) && item.has(e.to)).map((edge) => {
    const chain = [item.get(edge.from)];
    for (let level = depth.get(edge.from) + 1; level < depth.get(edge.to); level += 1) {
      const passing = { passing: true };
      layers[level].push(passing);
      chain.push(passing);
    }
    chain.push(item.get(edge.to));
    return { edge, chain };
  });
  return { layers, chains };
}

function neighbours(chains) {
  const before = new Map(), after = new Map();
  for (const { chain } of chains) {
    for (let n = 1; n < chain.length; n += 1) {
      (before.get(chain[n]) ?? before.set(chain[n], []).get(chain[n])).push(chain[n - 1]);
      (after.get(chain[n - 1]) ?? after.set(chain[n - 1], []).get(chain[n - 1])).push(chain[n]);
    }
  }
  return { before, after };
}

function order(layers, { before, after }) {
  const number = (layer) => layer.forEach((item, n) => (item.order = n));
  layers.forEach(number);
  for (let round = 0; round < ROUNDS; round += 1) {
    const down = round % 2 === 0;
    const side = down ? before : after;
    for (const layer of down ? layers : [...layers].reverse()) {
      for (const item of layer) {
        const near = side.get(item) ?? [];
        item.weight = near.length ? near.reduce((sum, other) => sum + other.order, 0) / near.length : item.order;
      }
      layer.sort((a, b) => a.weight - b.weight);
      number(layer);
    }
  }
}

/** Across the layers: each item as near to the middle of its neighbours as those beside it allow. */
function spread(layers, { before, after }, size, gap) {
  const breadth = (item) => (item.passing ? size * 0.2 : size);
  for (const layer of layers) {
    let at = 0;
    for (const item of layer) {
      item.across = at + breadth(item) / 2;
      at += breadth(item) + gap;
    }
    layer.breadth = at - gap;
  }
  const widest = Math.max(...layers.map((l) => l.breadth));
  for (const layer of layers) for (const item of layer) item.across += (widest - layer.breadth) / 2;
  for (let round = 0; round < ROUNDS; round += 1) {
    const down = round % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      const wish = layer.map((item) => {
        const near = [...(before.get(item) ?? []), ...(after.get(item) ?? [])];
        return near.length ? near.reduce((sum, other) => sum + other.across, 0) / near.length : item.across;
      });
      const least = (n) => (breadth(layer[n - 1]) + breadth(layer[n])) / 2 + gap;
      // Twice from both sides, and the mean of both: nobody is pushed one way only.
      const right = [...wish], left = [...wish];
      for (let n = 1; n < layer.length; n += 1) right[n] = Math.max(right[n], right[n - 1] + least(n));
      for (let n = layer.length - 2; n >= 0; n -= 1) left[n] = Math.min(left[n], left[n + 1] - least(n + 1));
      layer.forEach((item, n) => (item.across = (left[n] + right[n]) / 2));
    }
  }
  const low = Math.min(...layers.flat().map((i) => i.across - breadth(i) / 2));
  for (const item of layers.flat()) item.across -= low;
  return Math.max(...layers.flat().map((i) => i.across + breadth(i) / 2));
}

/**
 * Where everything is: `{width, height, nodes: Map(id, {x, y}), edges: [{edge, points}]}`, nodes by their middle.
 * `box` is `{width, height}`, `gap` `{along, across}`; `down` lays layers below each other instead of side by side.
 */
export function place(nodes, edges, box, gap, down) {
  const { layers, chains } = layered(nodes, edges);
  const near = neighbours(chains);
  order(layers, near);
  const thick = down ? box.height : box.width;
  const broad = down ? box.width : box.height;
  const across = spread(layers, near, broad, gap.across);
  layers.forEach((layer, n) => layer.forEach((item) => (item.along = n * (thick + gap.along) + thick / 2)));
  const along = layers.length * (thick + gap.along) - gap.along;
  const at = (item) => (down ? { x: item.across, y: item.along } : { x: item.along, y: item.across });
  return {
    width: down ? across : along,
    height: down ? along : across,
    nodes: new Map(layers.flat().filter((i) => !i.passing).map((i) => [i.id, at(i)])),
    edges: chains.map(({ edge, chain }) => ({ edge, points: chain.map(at) })),
  };
}
