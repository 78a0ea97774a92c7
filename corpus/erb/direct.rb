# frozen_string_literal: true

# ERB called directly: no adapter, no cell.
%w[erb cgi json time].each { |name| require name }

def compile(c)
  template = ERB.new(c["source"], trim_mode: c["options"]["trim_mode"])
  template.filename = "page.erb"
  scope = Object.new.tap { |o| def o.inspect = "main" }.instance_eval { binding }
  c["locals"].each { |name, value| scope.local_variable_set(name, value) }
  { "output" => template.result(scope) }
rescue Exception => e # rubocop:disable Lint/RescueException
  said = e.is_a?(SyntaxError) ? [e.message] : e.backtrace
  { "error" => { "line" => said.filter_map { |text| text[/page\.erb:(\d+)/, 1] }.first&.to_i }.compact }
end
