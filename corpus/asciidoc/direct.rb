# frozen_string_literal: true

# Asciidoctor called directly: no adapter, no cell. The files are files of a
# folder, read in the mode that may include and nothing else.
require "asciidoctor"
require "asciidoctor/extensions"
require "fileutils"
require "tmpdir"

# What is no file of the case becomes a link, as in the mode secure.
class LinkToOthers < Asciidoctor::Extensions::IncludeProcessor
  def initialize(names)
    super({})
    @names = names
  end

  def handles?(target)
    target.start_with?("/") || @names.none? { |name| File.basename(name) == File.basename(target) }
  end

  def process(_document, reader, target, _attributes)
    reader.unshift_line "link:#{target}[role=include]"
  end
end

def compile(c)
  options = c["options"]
  files = c["files"]
  Dir.mktmpdir do |dir|
    files.each do |name, source|
      FileUtils.mkdir_p(File.dirname(File.join(dir, name)))
      File.write(File.join(dir, name), source)
    end
    known = {
      safe: files.empty? ? :secure : :server, base_dir: dir, logger: Asciidoctor::NullLogger.new,
      standalone: options["standalone"], attributes: options["attributes"] || {},
      extension_registry: Asciidoctor::Extensions.create { include_processor LinkToOthers.new(files.map(&:first)) },
    }
    known[:doctype] = options["doctype"] if options["doctype"]
    known[:backend] = options["backend"] if options["backend"]
    { "output" => Asciidoctor.convert(c["source"], **known) }
  end
end
