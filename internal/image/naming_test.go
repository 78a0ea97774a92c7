package image_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/image"
)

// Engines dispatch on constructor.name, so what a bundler renames keeps its
// name; what need not be renamed keeps its shape.
func TestNameOnlyTheRenamed(t *testing.T) {
	t.Parallel()
	const source = `
class Node {}
function outer() { class Node {} return Node.name; }
const arrow = () => {};
const expression = function inner(a) {
  function declared() {}
  return [inner.name, declared.name, a];
};
const table = { key: async function other() {
}, text: "}, \"other\")" };
console.log(new Node().constructor.name, outer(), arrow.name, ...expression(1), expression.name, table.key.name);
`
	built := api.Build(api.BuildOptions{
		Stdin:  &api.StdinOptions{Contents: source},
		Bundle: true, KeepNames: true, Format: api.FormatCommonJS, Platform: api.PlatformNode, Target: api.ESNext,
	})
	if len(built.Errors) > 0 {
		t.Fatal(built.Errors)
	}
	text, err := image.NameOnlyTheRenamed(built.OutputFiles[0].Contents)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "target.name === value ? target : __defProp(") {
		t.Errorf("the bundle names what has its name:\n%s", text)
	}
	for _, name := range []string{"inner", "declared", "other"} {
		if strings.Contains(string(text), fmt.Sprintf("%q)", name)+";") || strings.Contains(string(text), "__name(function "+name) {
			t.Errorf("the bundle names %s, which is called so:\n%s", name, text)
		}
	}
	node, err := exec.LookPath("node")
	if err != nil {
		boxtest.Missing(t, "engines", err.Error())
	}
	cmd := exec.Command(node, "-")
	cmd.Stdin = strings.NewReader(string(text))
	said, err := cmd.CombinedOutput()
	if got, want := strings.TrimSpace(string(said)), "Node Node arrow inner declared 1 inner other"; err != nil || got != want {
		t.Errorf("names are %q, %v, want %q", got, err, want)
	}
}

func TestNameOnlyTheRenamedRefusesAnotherHelper(t *testing.T) {
	t.Parallel()
	if _, err := image.NameOnlyTheRenamed([]byte("var __name = nothing;\n")); err == nil {
		t.Error("a bundle without esbuild's helper: no error")
	}
}
