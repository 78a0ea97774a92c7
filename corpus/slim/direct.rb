# frozen_string_literal: true

# Slim called directly: no adapter, no cell.
%w[slim cgi json time tilt/kramdown].each { |name| require name }
Tilt.prefer Tilt::KramdownTemplate, "markdown"

def compile(c)
  options = c["options"].transform_keys(&:to_sym)
  options[:format] = options[:format].to_sym if options[:format]
  locals = c["locals"].transform_keys(&:to_sym)
  { "output" => Slim::Template.new("page.slim", 1, options) { c["source"] }.render(Object.new, locals).to_s }
rescue Exception => e # rubocop:disable Lint/RescueException
  { "error" => position_of(e, c["source"]).compact }
end

def position_of(error, source)
  case error
  when Slim::Parser::SyntaxError
    before = source.lines[error.lineno - 1].to_s[0, error.column]
    { "line" => error.lineno, "column" => before.encode("UTF-16LE").bytesize / 2 + 1 }
  when SyntaxError
    { "line" => error.message[/page\.slim:(\d+)/, 1].to_i }
  when LoadError
    # The compiler of an engine is not installed: Slim knows no line of that.
    { "line" => source.lines.index { |line| line.match?(/^\s*\w+:$/) } + 1 }
  else
    { "line" => error.backtrace.filter_map { |frame| frame[/page\.slim:(\d+)/, 1] }.first&.to_i }
  end
end
