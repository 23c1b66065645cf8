// What X's own library counts. A question is a text; the answer is its weighted length.
import twitter from 'twitter-text'

import { answer } from './lines.mjs'

await answer((text) => twitter.parseTweet(text).weightedLength)
