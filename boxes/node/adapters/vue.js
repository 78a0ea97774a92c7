// Vue single-file components, by the build of the compiler that has no file
// system.
import { parseCache, version } from "@vue/compiler-sfc/dist/compiler-sfc.esm-browser.js";
import { overhear } from "../overhear.js";
import { compile } from "../vue-component.js";
import { Refusal, said } from "../vue-diagnosis.js";

export default {
  language: "vue",
  engine: "vue",
  versions: [version],
  often: true,

  compile(source, options) {
    // It would keep the samples, and warm nothing with them the second time.
    parseCache.clear();
    const [result, heard] = overhear(() => compile(source, options));
    return { ...result, warnings: heard.map((text) => said({ message: text })) };
  },

  diagnose: (error) => (error instanceof Refusal ? error.diagnostics : said(error)),

  samples: [
    [
      `<script setup>
import { ref, computed } from "vue";
import A from "./A.vue";
const props = defineProps({ a: String });
const emit = defineEmits(["go"]);
const n = ref(0);
const m = defineModel();
const b = computed(() => n.value * 2);
await n;
</script>
<template>
  <A v-for="(x, i) in 3" :key="i" v-model="n" @click.prevent="emit('go', n++)">
    <template #b="{ c }">{{ c }} {{ props.a }}</template>
  </A>
  <p v-if="n > 1" :class="{ b }" v-html="b" /><i v-else v-show="n">{{ b + 1 }}</i><slot /><img src="a.png">
</template>
<style scoped>
p > .a:hover, :deep(b) { color: v-bind(n) }
@media (a) { b { c: d } }
</style>
`,
    ],
    [
      "<script>\nexport default { data: () => ({ a: 1 }) }\n</script>\n<template><input v-model='a'></template>",
      { source_map: true, generate: "server", production: true },
    ],
    ["<template><p :a='b'>{{ c }}</p></template>\n<style>a { b: c }</style>", { part: "styles" }],
    ["<template><p>{{ a b }}</p></template>\n<script setup>\nlet a = 1\n</script>"],
    ["<template><p></template>"],
    ["<script setup>\nlet = 1\n</script>"],
    ["<script setup>\nlet a = 1\ndefineProps({ a })\n</script>"],
    ["<template><p></p></template>\n<style>a {</style>"],
    ['<template lang="pug">p</template>'],
  ],
};
