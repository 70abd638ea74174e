import java.io.FileInputStream;
import java.io.InputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Checks PDF files against PDF/UA-1 and PDF/A-2a with veraPDF.
 *
 * <p>One line for each file and standard: the standard, whether the file complies, how much was checked. Rules that
 * are broken follow on lines of their own.
 */
public final class Check {
  private Check() {}

  public static void main(String[] files) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    for (String file : files) {
      for (PDFAFlavour standard : new PDFAFlavour[] {PDFAFlavour.PDFUA_1, PDFAFlavour.PDFA_2_A}) {
        check(file, standard);
      }
    }
  }

  private static void check(String file, PDFAFlavour standard) throws Exception {
    try (InputStream bytes = new FileInputStream(file);
        PDFAParser parser = Foundries.defaultInstance().createParser(bytes, standard);
        PDFAValidator validator = Foundries.defaultInstance().createValidator(standard, false)) {
      ValidationResult result = validator.validate(parser);
      String verdict = result.isCompliant() ? "complies" : "breaks";
      System.out.println(standard + " " + verdict + " " + result.getTotalAssertions());
      result.getFailedChecks().forEach((rule, count) -> System.out.println("  " + rule + ": " + count));
    }
  }
}
