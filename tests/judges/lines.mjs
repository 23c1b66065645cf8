// How a library of theirs is asked from Python. A line in: JSON, a list of questions. A line out: the list of answers.
import { createInterface } from 'node:readline'

export async function answer(judged) {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(JSON.parse(line).map(judged)))
  }
}
