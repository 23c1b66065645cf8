// What Bluesky's own library makes of texts. A line in: JSON, a list of {text, shown, places}. A line out: for each of
// them the facets that it finds in `text`, the graphemes that it counts in `shown`, and the pieces of `shown` at `places`.
import { createInterface } from 'node:readline'

import { RichText } from '@atproto/api'

function judged({ text, shown, places }) {
  const found = new RichText({ text })
  found.detectFacetsWithoutResolution()
  const { unicodeText, graphemeLength } = new RichText({ text: shown })
  return {
    facets: found.facets ?? [],
    graphemes: graphemeLength,
    pieces: places.map(([start, stop]) => unicodeText.slice(start, stop)),
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(JSON.parse(line).map(judged)))
}
