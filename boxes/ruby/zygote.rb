# frozen_string_literal: true

# The ruby zygote: loads and warms every engine, tidies the heap, and hands
# itself to the shim, which forks a cell from it for every job. Nothing below
# may start a thread or keep a descriptor: a fork would copy it into each cell.
require "fumehood"
require "json"
# What templates commonly require: a cell can open no file, so it is now or never.
%w[
  base64 cgi date delegate erb forwardable ostruct pp securerandom set stringio strscan time timeout uri
]
  .each { |name| require name }
require_relative "diagnosis"
require_relative "ready_engine"
require_relative "adapters/haml"
require_relative "adapters/slim"
require_relative "adapters/erb"
require_relative "adapters/asciidoc"
require_relative "adapters/textile"

# The first two set constants or extend objects as they compile, at which Ruby
# forgets what it has learned of any constant: so they are warmed before the rest.
ADAPTERS = [Adapters::Asciidoc, Adapters::Textile, Adapters::Erb, Adapters::Slim, Adapters::Haml]
  .to_h { |a| [a::NAME, a] }.freeze

# Where a template's own prints go. A cell has no descriptor to print to, and
# an answer is what the template returns, so they go nowhere.
class Silence < StringIO
  def write(*texts)
    texts.sum { |t| t.to_s.bytesize }
  end
end

# What a template sees as self: an object that is named in messages as Ruby
# names its own outermost self, and not by an address.
SCOPE = Object.new
def SCOPE.inspect
  "main"
end

# Answers what binding.c expects: [true, output, warnings] or [false, nil, [diagnostic]].
def compile(language, options, locals, source, files)
  adapter = ADAPTERS.fetch(language)
  options = JSON.parse(options)
  locals = JSON.parse(locals, max_nesting: false).transform_keys(&:to_sym)
  begin
    output = adapter.compile(source, options, locals, files)
    output, warnings = *output if Adapters::Output === output
    # A template can return early, with anything.
    [true, output.to_s.encode(Encoding::UTF_8, invalid: :replace, undef: :replace), warnings || []]
  rescue NoMemoryError
    raise
  rescue Exception => e # rubocop:disable Lint/RescueException
    [false, nil, [adapter.diagnose(e, source)]]
  end
end

ADAPTERS.each_value(&:preload)
silence = Silence.new
$stdin = StringIO.new
$stdout = $stderr = silence
verbose, $VERBOSE = $VERBOSE, nil
STDIN_OF_BOX, STDOUT_OF_BOX, STDERR_OF_BOX = STDIN, STDOUT, STDERR
Object.const_set(:STDIN, $stdin)
Object.const_set(:STDOUT, silence)
Object.const_set(:STDERR, silence)

warm = -> { ADAPTERS.each { |name, a| a.samples.each { |s| compile(name, "{}", "{}", s, {}) } } }
3.times { warm.call }
compile("haml", '{"format":"xhtml","attr_quote":"\""}', '{"a":[1,{"b":null}]}', "%p= a\n", {})
# Encodings load on first use, from files, and so does Unicode's normal form:
# these a template can have, the others not.
%w[
  ISO-8859-1 ISO-8859-2 ISO-8859-15 Windows-1250 Windows-1251 Windows-1252 KOI8-R UTF-16BE UTF-16LE Shift_JIS EUC-JP
]
  .each do |name|
    Encoding::Converter.new("UTF-8", name)
    Encoding::Converter.new(name, "UTF-8").convert("a".encode(name))
  end
"é".unicode_normalize(:nfkd)
$VERBOSE = verbose
ADAPTERS.each_value(&:make_ready)
warm.call
# Last what people usually write: where one place in an engine serves several
# classes in turn, it remembers the last.
3.times { [Adapters::Erb, Adapters::Slim, Adapters::Haml].each { |a| compile(a::NAME, "{}", "{}", a.page, {}) } }
# What the samples have used up.
[Adapters::Slim, Adapters::Haml].each(&:make_ready)

4.times { GC.start }
GC.compact

# A small one: what only a larger page would write, most cells need not copy.
rehearsal = -> { compile("haml", "{}", "{}", "%ul#list\n  - 2.times do |i|\n    %li.item= i\n", {}) }
engines = ADAPTERS.values.to_h { |a| [a::ENGINE, a.version] }
exit!(Fumehood.serve(engines, rehearsal, method(:compile)).zero?)
