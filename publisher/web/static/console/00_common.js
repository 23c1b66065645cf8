// What the console's pages do beyond what they say: everything works without it, but what moves by itself.
