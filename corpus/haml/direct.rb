# frozen_string_literal: true

# Haml called directly: no adapter, no cell. Its filters may use what
# templates commonly require.
%w[haml cgi json time tilt/kramdown].each { |name| require name }
Tilt.prefer Tilt::KramdownTemplate, "markdown"
# Haml asks RubyGems which Tilt this is, and the image has no RubyGems.
Haml::Filters::TiltBase.prepend(Module.new { def explicit_require?(_version) = false })

def compile(c)
  options = c["options"].transform_keys(&:to_sym)
  options[:format] = options[:format].to_sym if options[:format]
  locals = c["locals"].transform_keys(&:to_sym)
  { "output" => Haml::Template.new("page.haml", 1, options) { c["source"] }.render(Object.new, locals).to_s }
rescue Exception => e # rubocop:disable Lint/RescueException
  { "error" => { "line" => line_of(e, c["source"]) }.compact }
end

def line_of(error, source)
  # Haml counts from 0, but for two of its errors.
  return error.line if error.message.start_with?("Invalid tag", "Unbalanced brackets")
  return error.line + 1 if error.is_a?(Haml::Error) && error.line
  return error.message[/page\.haml:(\d+)/, 1].to_i if error.is_a?(SyntaxError)

  # The compiler of a filter is not installed: Haml knows no line of that.
  return source.lines.index { |line| line.start_with?(":") } + 1 if error.is_a?(LoadError)

  error.backtrace.filter_map { |frame| frame[/page\.haml:(\d+)/, 1] }.first&.to_i
end
