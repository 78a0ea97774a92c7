# frozen_string_literal: true

# AsciiDoc, by the ruby-asciidoctor package, in its secure mode: a page is text
# and runs nothing. Only includes work, and of the job's own files.
module Adapters
  module Asciidoc
    NAME = "asciidoc"
    ENGINE = "asciidoctor"

    # How the engine opens the message of what it did not foresee.
    PREFIX = /\Aasciidoctor: FAILED: [^:]*: Failed to load AsciiDoc document - /

    class << self
      # The job's files, for Includes.
      attr_accessor :files
    end
    self.files = {}

    module_function

    def preload
      require "asciidoctor"
      # It would have any template that names these open files.
      %i[OpenURI Pathname].each { |name| Object.send(:remove_const, name) if Object.autoload?(name) }
      # These it would load when a page first asks for them.
      %w[html5 docbook5 manpage].each { |name| Asciidoctor::Converter.for(name) }
      %w[coderay prettify pygments rouge].each { |name| Asciidoctor::SyntaxHighlighter.for(name) }
      Asciidoctor::PreprocessorReader.prepend(Includes)
    end

    def make_ready
      files = { "a.adoc" => "// tag::b[]\nx\n// end::b[]\n" }
      compile("include::a.adoc[tags=b]\n", { "standalone" => true }, {}, files)
    end

    def version
      Asciidoctor::VERSION
    end

    def compile(source, options, _locals, files)
      self.files = files
      logger = Asciidoctor::MemoryLogger.new
      Object.const_set(:OpenURI, Files.new(files))
      Output.new(Asciidoctor.convert(source, **engine_options(options), logger: logger), warnings(logger))
    ensure
      Object.send(:remove_const, :OpenURI)
    end

    def diagnose(error, _source)
      Diagnosis.of(error, message: Diagnosis.message_of(error).sub(PREFIX, ""))
    end

    def engine_options(options)
      {
        safe: :secure,
        standalone: options["standalone"] || false,
        doctype: options["doctype"] || "article",
        backend: options["backend"] || "html5",
        attributes: options["attributes"] || {},
      }
    end

    # A page that Asciidoctor has something against is still a page.
    def warnings(logger)
      logger.messages.reject { |m| %i[DEBUG INFO].include?(m[:severity]) }.map do |m|
        message = m[:message]
        at = message[:source_location] if message.is_a?(Hash)
        text = (message.is_a?(Hash) ? message[:text] : message).sub(" include uri: ", " include file: ")
        file = at && files.key?(at.file) ? at.file : Diagnosis::SOURCE
        Diagnosis.warning(text, line: at&.lineno, file: file)
      end
    end

    # The name of the file that target means in a file of that folder, or nil.
    def find(folder, target)
      parts = folder.split("/") + target.split("/", -1)
      path = parts.each_with_object([]) do |part, kept|
        next if ["", "."].include?(part)
        next kept.push(part) unless part == ".."
        return nil if kept.empty?

        kept.pop
      end
      name = path.join("/")
      name if !target.start_with?("/") && files.key?(name)
    end

    def samples
      [
        "= Title\n:toc:\n\nA *b* _c_ `d` https://e.f[g] <<_h>>.footnote:[i]\n\n== H\n\n* a\n** b\n. c\n\na:: b\n\n" \
        "|===\n|a |b\n\na|* c\n|d\n|===\n\n[source,ruby]\n----\nx <1>\n----\n<1> y\n\nNOTE: z\n\nimage::i.png[]\n",
        "include::a.adoc[tags=b]\n\ninclude::no.adoc[]\n\n<<nope>>\n\n==== deep\n\n----\nopen\n",
        "____\nq\n____\n\n====\n{nope} kbd:[x] a^b^ c~d~ \"`e`\" -- (C)\n====\n\n[stem]\n++++\nx\n++++\n\nvideo::v[]\n",
      ]
    end

    # What the engine believes to be the net.
    Files = Struct.new(:files) do
      def open_uri(name, *)
        yield StringIO.new(files[name])
      end
    end

    # The engine's own way of including, with its tags, lines and levels. Of
    # what is no file of the job its secure mode makes a link, as ever.
    module Includes
      def preprocess_include_directive(target, attrlist)
        @document.instance_variable_set(:@safe, Asciidoctor::SafeMode::SERVER)
        super
      ensure
        @document.instance_variable_set(:@safe, Asciidoctor::SafeMode::SECURE)
      end

      def resolve_include_path(target, _attrlist, attributes)
        name = Asciidoc.find(include_depth.zero? ? "" : @dir, target)
        return [name, :uri, name] if name

        unless attributes.key?("optional-option") || Asciidoctor::Helpers.uriish?(target)
          logger.warn(message_with_context("include file not found: #{target}", source_location: cursor))
        end
        replace_next_line("link:#{target}[role=include]")
      end
    end
  end
end
