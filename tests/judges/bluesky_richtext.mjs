// What Bluesky's own library makes of {text, shown, places}: the facets that it finds in `text`, the graphemes that it
// counts in `shown`, and the pieces of `shown` at `places`.
import { RichText } from '@atproto/api'

import { answer } from './lines.mjs'

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

await answer(judged)
